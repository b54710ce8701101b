import 'server-only';
import { z } from 'zod';
import type { FormState } from './form-state.ts';
import { TooManyHashes } from './passwords.server.ts';
import { isSameOrigin } from './same-origin.server.ts';

/** Fields that people type again are given back; passwords and tokens never. */
const SECRET = /password|token/i;

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly state: FormState };

/** The fields of a form by a strict schema: an unknown field, a file or a field given twice is refused. */
export function parseForm<S extends z.ZodObject>(schema: S, form: FormData): Parsed<z.infer<S>> {
  const raw: Record<string, string> = {};
  for (const [name, value] of form.entries()) {
    if (name.startsWith('$ACTION')) continue; // Next's own
    if (typeof value !== 'string' || name in raw) return { ok: false, state: unreadable };
    raw[name] = value;
  }
  const parsed = schema.strict().safeParse(raw);
  // strict() changes what is refused, not the type of what is accepted.
  if (parsed.success) return { ok: true, value: parsed.data as z.infer<S> };
  const fields: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const field = issue.path[0];
    if (field === undefined) return { ok: false, state: unreadable };
    fields[String(field)] ??= issue.message;
  }
  return {
    ok: false,
    state: problem('Look at the marked fields.', { fields, values: withoutSecrets(raw) }),
  };
}

export function withoutSecrets(raw: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !SECRET.test(name)));
}

export function problem(
  message: string,
  more: { fields?: Record<string, string>; values?: Record<string, string> } = {},
): FormState {
  return { status: 'problem', message, ...more };
}

const unreadable = problem(
  'The form arrived in a shape that is not understood. Reload the page and try again.',
);

const foreign = problem('This form was not sent from this site. Reload the page and try again.');

export function limited(seconds: number): FormState {
  const wait = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return problem(`Too many tries. Wait ${wait} and try again.`);
}

/**
 * The frame around every action: the request comes from our own page, and when our machine is broken the person reads
 * so. What Next throws for redirects and not-found passes through.
 */
export async function answerForm(
  work: () => Promise<FormState>,
  form: FormData = new FormData(),
): Promise<FormState> {
  try {
    if (!(await isSameOrigin())) return foreign;
    return await work();
  } catch (error) {
    if (error instanceof TooManyHashes) return limited(10);
    if (isNextSignal(error)) throw error;
    console.error(error);
    return problem('Something broke on our side. Nothing was changed; try again in a moment.', {
      values: withoutSecrets(textsOf(form)),
    });
  }
}

function textsOf(form: FormData): Record<string, string> {
  return Object.fromEntries(
    [...form.entries()].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function isNextSignal(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'digest' in error &&
    String(error.digest).startsWith('NEXT_')
  );
}

/** What people type, with the sentences that say what is wrong with it. */
export const field = {
  email: z
    .string({ error: 'Enter an e-mail address.' })
    .trim()
    .max(254, 'An e-mail address has at most 254 characters.')
    .pipe(z.email('Enter an e-mail address, such as you@example.com.')),
  /** of somebody who signs in: whatever was typed */
  anyPassword: z
    .string({ error: 'Enter your password.' })
    .min(1, 'Enter your password.')
    .max(1_024, 'This is too long for a password.'),
  newPassword: z.string({ error: 'Choose a password.' }).max(1_024, 'Use at most 128 characters.'),
  name: z.string().trim().max(80, 'Use at most 80 characters.').default(''),
  next: z.string().max(2_000).default('/'),
  id: z.uuid('This id is not valid.'),
};
