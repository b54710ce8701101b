import type { FormState } from '#lib/auth/form-state.ts';
import { ActionForm } from './action-form.tsx';

interface ShownLoginSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly userAgent: string;
  readonly isThis: boolean;
}

interface LoginSessionListProps {
  readonly sessions: readonly ShownLoginSession[];
  readonly revoke: (previous: FormState, form: FormData) => Promise<FormState>;
}

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrom(e|ium)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];
const match = (rows: readonly [RegExp, string][], text: string) =>
  rows.find(([pattern]) => pattern.test(text))?.[1];

/** `Firefox on Linux`; the text itself when it is none that we know. */
export function browserName(userAgent: string): string {
  const browser = match(BROWSERS, userAgent);
  const system = match(SYSTEMS, userAgent);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (userAgent.slice(0, 60) || 'Unknown browser');
}

const minute = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** The browsers that are signed in; each but this one can be signed out. */
export function LoginSessionList({ sessions, revoke }: LoginSessionListProps) {
  return (
    <ul className="account-list">
      {sessions.map((session) => (
        <li key={session.id}>
          <b>{browserName(session.userAgent)}</b>
          <p className="xs dim">
            Since {minute(session.createdAt)}, last seen {minute(session.lastSeenAt)}
          </p>
          {session.isThis ? (
            <p className="small">This browser</p>
          ) : (
            <ActionForm
              action={revoke}
              submit="Sign out"
              look="plain"
              hidden={{ sessionId: session.id }}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
