import type { Role, Viewer } from './viewer.ts';

/** Everything that can be asked for. A new one needs a row in RULES, or this does not compile. */
export type Action =
  | 'content:read'
  | 'content:write'
  | 'content:publish'
  | 'attempt:create'
  | 'attempt:read'
  | 'progress:read'
  | 'progress:write'
  | 'review:read'
  | 'review:write'
  | 'sandbox-draft:read'
  | 'sandbox-draft:write'
  | 'sandbox:create'
  | 'sandbox:read'
  | 'sandbox:write'
  | 'account:read'
  | 'account:update'
  | 'account:export'
  | 'account:delete'
  | 'login-session:revoke'
  | 'users:read'
  | 'users:manage'
  | 'links:manage'
  | 'audit:read';

/** What it is asked for: `ownerId` is the user whose row it is. */
export interface Resource {
  readonly ownerId?: string;
}

/** `everyone`; `owner`: the row is the viewer's own; or the roles that may, whoever owns it. */
type Rule = 'everyone' | 'owner' | readonly Role[];

export const RULES: Readonly<Record<Action, Rule>> = {
  'content:read': 'everyone',
  'content:write': ['AUTHOR', 'REVIEWER', 'ADMIN'],
  'content:publish': ['REVIEWER', 'ADMIN'],
  'attempt:create': 'owner',
  'attempt:read': 'owner',
  'progress:read': 'owner',
  'progress:write': 'owner',
  'review:read': 'owner',
  'review:write': 'owner',
  'sandbox-draft:read': 'owner',
  'sandbox-draft:write': 'owner',
  'sandbox:create': 'owner',
  'sandbox:read': 'owner',
  'sandbox:write': 'owner',
  'account:read': 'owner',
  'account:update': 'owner',
  'account:export': 'owner',
  'account:delete': 'owner',
  'login-session:revoke': 'owner',
  'users:read': ['ADMIN'],
  'users:manage': ['ADMIN'],
  'links:manage': ['ADMIN'],
  'audit:read': ['ADMIN'],
};

/**
 * May this viewer do this? The only place that decides; every query, action and route handler of the data layer asks.
 * What is not allowed by a row is refused. Where the answer is no, say "not found", not "forbidden".
 */
export function authorize(viewer: Viewer, action: Action, resource: Resource = {}): boolean {
  const rule = RULES[action];
  if (rule === 'everyone') return true;
  if (viewer.kind === 'none') return false;
  if (rule === 'owner') return resource.ownerId !== undefined && resource.ownerId === viewer.id;
  return viewer.kind === 'user' && rule.includes(viewer.role);
}
