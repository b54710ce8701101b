import type { Metadata } from 'next';
import { listAuditEntries, listUsers } from '#lib/auth/users.server.ts';
import { requireRole } from '#lib/auth/viewer.server.ts';
import { ActionForm } from '#components/account/action-form.tsx';
import { AuditTable } from '#components/account/audit-table.tsx';
import { ROLE_OPTIONS, UserTable } from '#components/account/user-table.tsx';
import '#components/account/account.css';
import {
  changeRoleAction,
  disableUserAction,
  enableUserAction,
  inviteAction,
  passwordLinkAction,
} from './actions.ts';

export const metadata: Metadata = { title: 'People and links' };

export default async function Page() {
  const viewer = await requireRole('ADMIN');
  const [users, acts] = await Promise.all([listUsers(viewer), listAuditEntries(viewer)]);
  return (
    <main id="main" className="page">
      <h1>People and links</h1>
      <section className="panel account-panel">
        <h2>Invite somebody</h2>
        <ActionForm
          action={inviteAction}
          submit="Make an invitation"
          fields={[
            { name: 'email', label: 'E-mail address', type: 'email', autoComplete: 'off' },
            { name: 'role', label: 'Role', value: 'LEARNER', options: ROLE_OPTIONS },
          ]}
        />
      </section>
      <section className="account-panel">
        <h2>People</h2>
        <UserTable
          users={users}
          viewerId={viewer.id}
          actions={{
            changeRole: changeRoleAction,
            passwordLink: passwordLinkAction,
            disable: disableUserAction,
            enable: enableUserAction,
          }}
        />
      </section>
      <section className="account-panel">
        <h2>What was done</h2>
        <AuditTable acts={acts} />
      </section>
    </main>
  );
}
