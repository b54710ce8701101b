import type { Metadata } from 'next';
import { listLoginSessions } from '#lib/auth/login-sessions.server.ts';
import { readThemeCookie } from '#lib/auth/session-cookie.server.ts';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { ActionForm } from '#components/account/action-form.tsx';
import { LoginSessionList } from '#components/account/login-session-list.tsx';
import '#components/account/account.css';
import {
  changePasswordAction,
  chooseThemeAction,
  deleteMyDataAction,
  revokeOtherSessionsAction,
  revokeSessionAction,
  updateProfileAction,
} from './actions.ts';

export const metadata: Metadata = { title: 'Settings' };

const THEMES = [
  { value: 'system', word: 'As the system' },
  { value: 'light', word: 'Light' },
  { value: 'dark', word: 'Dark' },
];

export default async function Page() {
  const viewer = await getViewer();
  const theme = viewer.kind === 'user' ? viewer.theme : await readThemeCookie();
  const sessions = viewer.kind === 'user' ? await listLoginSessions(viewer) : [];
  return (
    <main id="main" className="page">
      <h1>Settings</h1>
      <div className="account-columns">
        <section className="panel account-panel">
          <h2>Look</h2>
          <ActionForm
            key={theme}
            action={chooseThemeAction}
            submit="Save"
            fields={[{ name: 'theme', label: 'Colours', value: theme, options: THEMES }]}
          />
        </section>
        {viewer.kind === 'user' && (
          <>
            <section className="panel account-panel">
              <h2>Profile</h2>
              <p className="small dim">{viewer.email ?? 'Signed in with GitHub'}</p>
              <ActionForm
                action={updateProfileAction}
                submit="Save name"
                fields={[{ name: 'name', label: 'Name', value: viewer.name, autoComplete: 'name' }]}
              />
            </section>
            <section className="panel account-panel">
              <h2>Password</h2>
              <ActionForm
                action={changePasswordAction}
                submit="Change password"
                fields={[
                  {
                    name: 'currentPassword',
                    label: 'Password now',
                    type: 'password',
                    autoComplete: 'current-password',
                  },
                  {
                    name: 'newPassword',
                    label: 'New password',
                    type: 'password',
                    autoComplete: 'new-password',
                    hint: 'Every other browser is signed out.',
                  },
                ]}
              />
            </section>
            <section className="panel account-panel">
              <h2>Where you are signed in</h2>
              <LoginSessionList sessions={sessions} revoke={revokeSessionAction} />
              {sessions.length > 1 && (
                <ActionForm
                  action={revokeOtherSessionsAction}
                  submit="Sign out everywhere else"
                  look="plain"
                />
              )}
            </section>
          </>
        )}
        {viewer.kind === 'none' ? (
          <p className="dim">
            Nothing is kept about you yet. Progress starts with your first answer.
          </p>
        ) : (
          <section className="panel account-panel">
            <h2>Your data</h2>
            <p>
              <a className="btn" href="/api/account/export" download>
                Download everything kept about me
              </a>
            </p>
            <p className="small dim">
              Deletion takes the account, every answer and every draft. It cannot be undone.
            </p>
            <ActionForm
              action={deleteMyDataAction}
              submit="Delete my data"
              look="danger"
              fields={[
                { name: 'confirm', label: 'Type delete to confirm', autoComplete: 'off' },
                ...(viewer.kind === 'user'
                  ? [
                      {
                        name: 'password',
                        label: 'Password',
                        type: 'password' as const,
                        autoComplete: 'current-password',
                      },
                    ]
                  : []),
              ]}
            />
          </section>
        )}
      </div>
    </main>
  );
}
