import { expect, test } from 'vitest';
import { authorize, RULES, type Action } from './authorize.ts';
import type { KnownViewer, Role, Viewer } from './viewer.ts';

const known = (kind: 'guest' | 'user', role: Role): KnownViewer => ({
  kind,
  id: `${kind}-${role}`,
  name: '',
  email: null,
  role,
  theme: 'system',
  loginSessionId: null,
});
const viewers: Record<string, Viewer> = {
  none: { kind: 'none' },
  guest: known('guest', 'LEARNER'),
  learner: known('user', 'LEARNER'),
  author: known('user', 'AUTHOR'),
  reviewer: known('user', 'REVIEWER'),
  admin: known('user', 'ADMIN'),
};
const who = (action: Action, ownerId?: string) =>
  Object.keys(viewers).filter((name) =>
    authorize(viewers[name]!, action, ownerId === undefined ? {} : { ownerId }),
  );

const OWN: Action[] = [
  'attempt:create',
  'attempt:read',
  'progress:read',
  'progress:write',
  'review:read',
  'review:write',
  'sandbox-draft:read',
  'sandbox-draft:write',
  'sandbox:create',
  'sandbox:read',
  'sandbox:write',
  'account:read',
  'account:update',
  'account:export',
  'account:delete',
  'login-session:revoke',
];

test.each(OWN)('%s is for the owner alone, not even for an administrator', (action) => {
  expect(who(action, 'user-LEARNER')).toEqual(['learner']);
  expect(who(action, 'guest-LEARNER')).toEqual(['guest']);
  expect(who(action, 'somebody else')).toEqual([]);
  expect(who(action)).toEqual([]);
});

test.each<[Action, string[]]>([
  ['content:read', ['none', 'guest', 'learner', 'author', 'reviewer', 'admin']],
  ['content:write', ['author', 'reviewer', 'admin']],
  ['content:publish', ['reviewer', 'admin']],
  ['users:read', ['admin']],
  ['users:manage', ['admin']],
  ['links:manage', ['admin']],
  ['audit:read', ['admin']],
])('%s is for %j', (action, allowed) => {
  expect(who(action)).toEqual(allowed);
});

test('every action stands in one of the two tables above', () => {
  const tested = new Set<string>([
    ...OWN,
    'content:read',
    'content:write',
    'content:publish',
    'users:read',
    'users:manage',
    'links:manage',
    'audit:read',
  ]);
  expect(Object.keys(RULES).filter((action) => !tested.has(action))).toEqual([]);
});

test('a guest with a role in its row has no role', () => {
  expect(authorize(known('guest', 'ADMIN'), 'users:manage')).toBe(false);
});
