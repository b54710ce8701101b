import 'server-only';
import { createHash } from 'node:crypto';
import { COMMON_PASSWORD_HASHES } from './common-passwords.ts';

/** Words that say where the password is used: guessed first. */
const CONTEXT = ['hopwise', 'kubernetes', 'kubectl', 'password'];

/** Why this cannot be a password, as a sentence; undefined when it can. Any characters are fine, spaces too. */
export function passwordProblem(password: string, email = ''): string | undefined {
  if (password.length < 8) return 'Use at least 8 characters.';
  if (password.length > 128) return 'Use at most 128 characters.';
  const lower = password.toLowerCase();
  if (isCommon(lower)) return 'This password is among the most used ones. Choose another.';
  if (CONTEXT.includes(withoutEnds(lower)))
    return 'This password names the product or the subject. Choose another.';
  const account = email.split('@')[0]?.toLowerCase() ?? '';
  if (account.length >= 3 && withoutEnds(lower) === withoutEnds(account))
    return 'This password is like the e-mail address. Choose another.';
  return undefined;
}

/** 'hopwise123!' is 'hopwise'. */
const withoutEnds = (text: string) => text.replace(/^[^a-z]+/, '').replace(/[^a-z]+$/, '');

function isCommon(lower: string): boolean {
  if (/^(.)\1*$/u.test(lower)) return true;
  return COMMON_PASSWORD_HASHES.has(
    createHash('sha256').update(lower).digest('base64url').slice(0, 6),
  );
}
