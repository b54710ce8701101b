import type { Metadata } from 'next';
import { readLink, type LinkPurpose } from '#lib/auth/one-time-links.server.ts';
import { ActionForm, type FormField } from '#components/account/action-form.tsx';
import '#components/account/account.css';
import { followLinkAction } from './actions.ts';

export const metadata: Metadata = {
  title: 'One-time link',
  referrer: 'no-referrer',
  robots: 'noindex',
};

const TITLE: Record<LinkPurpose, string> = {
  FIRST_ADMIN: 'Create the administrator',
  INVITATION: 'Welcome to Hopwise',
  PASSWORD_RESET: 'Set a new password',
};
const SUBMIT: Record<LinkPurpose, string> = {
  FIRST_ADMIN: 'Create administrator',
  INVITATION: 'Create account',
  PASSWORD_RESET: 'Set password',
};

const EMAIL: FormField = {
  name: 'email',
  label: 'E-mail address',
  type: 'email',
  autoComplete: 'username',
};
const NAME: FormField = { name: 'name', label: 'Name (may stay empty)', autoComplete: 'name' };
const PASSWORD: FormField = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autoComplete: 'new-password',
  hint: 'At least 8 characters. Any characters, spaces too.',
};
const FIELDS: Record<LinkPurpose, readonly FormField[]> = {
  FIRST_ADMIN: [EMAIL, NAME, PASSWORD],
  INVITATION: [NAME, PASSWORD],
  PASSWORD_RESET: [PASSWORD],
};

export default async function Page({ params }: { readonly params: Promise<{ token: string }> }) {
  const { token } = await params;
  const link = await readLink(token);
  if (!link) {
    return (
      <main id="main" className="page narrow">
        <h1>This link does not work any more</h1>
        <p className="lede">It was used, or it is too old. Ask an administrator for a new one.</p>
      </main>
    );
  }
  return (
    <main id="main" className="page narrow">
      <h1>{TITLE[link.purpose]}</h1>
      {link.email !== null && <p className="lede">The account is {link.email}.</p>}
      <ActionForm
        action={followLinkAction}
        submit={SUBMIT[link.purpose]}
        hidden={{ token }}
        fields={FIELDS[link.purpose]}
      />
    </main>
  );
}
