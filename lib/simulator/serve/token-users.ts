import { randomBytes } from 'node:crypto';
import type { RequestUser } from '../apiserver/rest-types.ts';

/** Who each bearer token is. */
export type TokenUsers = ReadonlyMap<string, RequestUser>;

export const newToken = (): string => randomBytes(24).toString('base64url');

/** Fields of a line of CSV; quotes keep commas. */
const fieldsOf = (line: string) =>
  [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map((match) =>
    (match[1] ?? match[2] ?? '').trim(),
  );

/**
 * Reads a static token file: `token,user,uid` and, when there are any, `"group1,group2"` on each line
 * (kube-apiserver --token-auth-file). What is wrong with a line comes back in words.
 */
export function parseTokenFile(
  text: string,
):
  | { readonly ok: true; readonly users: TokenUsers }
  | { readonly ok: false; readonly problem: string } {
  const users = new Map<string, RequestUser>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [token = '', name = '', , groups = ''] = fieldsOf(line);
    if (token === '' || name === '') {
      return { ok: false, problem: `line ${index + 1}: a token and a user are needed` };
    }
    const named = groups
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    users.set(token, { name, groups: named });
  }
  return { ok: true, users };
}

/** The token of an Authorization header; other schemes say nothing to us. */
export const bearerToken = (header: string | undefined): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
