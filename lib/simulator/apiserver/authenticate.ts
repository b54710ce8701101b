import type { Micros } from '../base/clock.ts';
import type { ApiResult } from '../api/meta/object.ts';
import { authorize, forbidden } from './authorize.ts';
import type { Attributes } from './request-attributes.ts';
import type { RequestUser, RestRequest } from './rest-types.ts';
import { readToken } from './service-account-token.ts';
import { accepted, refused, statusFailure } from './status.ts';
import type { Store } from './store.ts';
import { accountGroups, accountOf, ADMIN, ANONYMOUS } from './request-user.ts';

const UNAUTHORIZED = statusFailure(401, 'Unauthorized', 'Unauthorized');

const AUTHENTICATED = 'system:authenticated';

/**
 * Who sends a bearer token: a user of the table that the server was started with, or a service account. No token is
 * system:anonymous; one that nobody knows is refused with 401.
 */
export function authenticate(
  token: string | undefined,
  users: ReadonlyMap<string, RequestUser>,
  store: Store,
  now: Micros,
): ApiResult<RequestUser> {
  if (token === undefined) return accepted(ANONYMOUS);
  const known = users.get(token);
  if (known) {
    return accepted({ ...known, groups: [...new Set([...known.groups, AUTHENTICATED])] });
  }
  const account = readToken(token, store, now);
  return account ? accepted(account) : refused(UNAUTHORIZED);
}

const listOf = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

interface Impersonated {
  readonly user: RequestUser;
  /** What one must be allowed to impersonate. */
  readonly needs: readonly Attributes[];
}

const EXTRA = 'impersonate-extra-';

function impersonated(headers: Readonly<Record<string, string>>): Impersonated | undefined {
  const username = headers['impersonate-user'];
  if (username === undefined || username === '') return undefined;
  const groups = listOf(headers['impersonate-group']);
  const uid = headers['impersonate-uid'];
  const extra = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(EXTRA))
      .map(([name, value]) => [decodeURIComponent(name.slice(EXTRA.length)), listOf(value)]),
  );
  const account = accountOf(username);
  const need = (resource: string, name: string, apiGroup = '', subresource = ''): Attributes => ({
    type: 'resource',
    verb: 'impersonate',
    namespace: resource === 'serviceaccounts' ? (account?.namespace ?? '') : '',
    apiGroup,
    resource,
    subresource,
    name,
  });
  const own = account && groups.length === 0 ? accountGroups(account.namespace) : groups;
  const reached = username === ANONYMOUS.name ? 'system:unauthenticated' : AUTHENTICATED;
  return {
    user: {
      name: username,
      ...(uid === undefined ? {} : { uid }),
      groups: [...new Set([...own, reached])],
      ...(Object.keys(extra).length > 0 ? { extra } : {}),
    },
    needs: [
      account ? need('serviceaccounts', account.name) : need('users', username),
      ...groups.map((group) => need('groups', group)),
      ...(uid === undefined ? [] : [need('uids', uid, 'authentication.k8s.io')]),
      ...Object.entries(extra).flatMap(([key, values]) =>
        values.map((value) => need('userextras', value, 'authentication.k8s.io', key)),
      ),
    ],
  };
}

/** Who a request acts as; `user` is absent for the admin of the page, who may do everything. */
export interface Actor {
  readonly user?: RequestUser;
}

/** The request's user, or whom it impersonates (apiserver pkg/endpoints/filters/impersonation.go). */
export function actorOf({ user, headers = {} }: RestRequest, store: Store): ApiResult<Actor> {
  const asked = impersonated(headers);
  if (!asked) return accepted(user ? { user } : {});
  for (const need of user ? asked.needs : []) {
    const { isAllowed, reason } = authorize(user ?? ADMIN, need, store);
    if (!isAllowed) return refused(forbidden(user ?? ADMIN, need, reason));
  }
  return accepted({ user: asked.user });
}
