import type { FormState } from '#lib/auth/form-state.ts';
import type { Role } from '#lib/auth/viewer.ts';
import { ActionForm } from './action-form.tsx';

type Action = (previous: FormState, form: FormData) => Promise<FormState>;

interface ShownUser {
  readonly id: string;
  readonly email: string | null;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly attempts: number;
}

interface UserTableProps {
  readonly users: readonly ShownUser[];
  readonly viewerId: string;
  readonly actions: {
    readonly changeRole: Action;
    readonly passwordLink: Action;
    readonly disable: Action;
    readonly enable: Action;
  };
}

export const ROLE_OPTIONS: readonly { readonly value: Role; readonly word: string }[] = [
  { value: 'LEARNER', word: 'Learner' },
  { value: 'AUTHOR', word: 'Author' },
  { value: 'REVIEWER', word: 'Reviewer' },
  { value: 'ADMIN', word: 'Administrator' },
];

/** Everybody with an account, and what an administrator can do about each. */
export function UserTable({ users, viewerId, actions }: UserTableProps) {
  return (
    <div className="account-scroll" role="region" aria-label="People" tabIndex={0}>
      <table className="account-table people">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Since</th>
            <th scope="col">Answers</th>
            <th scope="col">Role</th>
            <th scope="col">Account</th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.id}>
              <th scope="row">
                {user.email ?? 'Signs in with GitHub'}
                <p className="xs dim">
                  {user.name}
                  {user.id === viewerId && ' (you)'}
                  {user.disabledAt && ' (shut)'}
                </p>
              </th>
              <td data-label="Since">{user.createdAt.toISOString().slice(0, 10)}</td>
              <td data-label="Answers">{user.attempts}</td>
              <td>
                <ActionForm
                  key={user.role}
                  action={actions.changeRole}
                  submit="Change role"
                  look="plain"
                  hidden={{ userId: user.id }}
                  fields={[
                    { name: 'role', label: 'Role', value: user.role, options: ROLE_OPTIONS },
                  ]}
                />
              </td>
              <td className="stack">
                <ActionForm
                  action={actions.passwordLink}
                  submit="Make a password link"
                  look="plain"
                  hidden={{ userId: user.id }}
                />
                {user.disabledAt ? (
                  <ActionForm
                    action={actions.enable}
                    submit="Open account"
                    look="plain"
                    hidden={{ userId: user.id }}
                  />
                ) : (
                  <ActionForm
                    action={actions.disable}
                    submit="Shut account"
                    look="danger"
                    hidden={{ userId: user.id }}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
