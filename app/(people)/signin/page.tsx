import type { Metadata } from 'next';
import { isGithubConfigured } from '#lib/auth/next-auth.server.ts';
import { safePath } from '#lib/auth/safe-path.ts';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { ActionForm } from '#components/account/action-form.tsx';
import { GithubButton } from '#components/account/github-button.tsx';
import '#components/account/account.css';
import { registerAction, signInAction } from './actions.ts';

export const metadata: Metadata = { title: 'Sign in' };

interface PageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const one = (value: string | string[] | undefined) =>
  typeof value === 'string' ? value : undefined;

export default async function Page({ searchParams }: PageProps) {
  const query = await searchParams;
  const next = safePath(one(query['next']));
  const viewer = await getViewer();
  return (
    <main id="main" className="page">
      <h1>Sign in</h1>
      <p className="lede">
        Everything can be read and played without an account.{' '}
        {viewer.kind === 'guest'
          ? 'What you did in this browser is kept: it moves to the account that you open or sign in to.'
          : 'An account keeps your progress and brings it to your other devices.'}
      </p>
      {one(query['problem']) === 'github-email-known' && (
        <p role="alert">
          An account with the e-mail address of your GitHub account exists, or it is shut. Sign in
          with its password.
        </p>
      )}
      {viewer.kind === 'user' && (
        <p role="status">You are signed in as {viewer.email ?? viewer.name}.</p>
      )}
      <div className="account-columns">
        <section className="panel account-panel" aria-labelledby="signin-title">
          <h2 id="signin-title">I have an account</h2>
          <ActionForm
            action={signInAction}
            submit="Sign in"
            hidden={{ next }}
            fields={[
              { name: 'email', label: 'E-mail address', type: 'email', autoComplete: 'username' },
              {
                name: 'password',
                label: 'Password',
                type: 'password',
                autoComplete: 'current-password',
              },
            ]}
          />
          <p className="small dim">
            A forgotten password is set anew with a link from an administrator.
          </p>
          {isGithubConfigured() && <GithubButton next={next} />}
        </section>
        <section className="panel account-panel" aria-labelledby="register-title">
          <h2 id="register-title">I am new here</h2>
          <ActionForm
            action={registerAction}
            submit="Create account"
            hidden={{ next }}
            fields={[
              { name: 'email', label: 'E-mail address', type: 'email', autoComplete: 'username' },
              { name: 'name', label: 'Name (may stay empty)', autoComplete: 'name' },
              {
                name: 'password',
                label: 'Password',
                type: 'password',
                autoComplete: 'new-password',
                hint: 'At least 8 characters. Any characters, spaces too.',
              },
            ]}
          />
        </section>
      </div>
    </main>
  );
}
