import type { RequestUser } from './rest-types.ts';

/** Whoever brings no credentials. */
export const ANONYMOUS: RequestUser = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
};

/** The one who set the cluster up: who a request without a user is from, and who may do everything. */
export const ADMIN: RequestUser = {
  name: 'kubernetes-admin',
  groups: ['kubeadm:cluster-admins', 'system:authenticated'],
};

const ACCOUNT = 'system:serviceaccount:';

/** `system:serviceaccount:default:builder`. */
export const accountUsername = (namespace: string, name: string): string =>
  `${ACCOUNT}${namespace}:${name}`;

/** Namespace and name of the service account that a user name stands for. */
export function accountOf(
  username: string,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!username.startsWith(ACCOUNT)) return undefined;
  const [namespace = '', name = '', ...more] = username.slice(ACCOUNT.length).split(':');
  return namespace !== '' && name !== '' && more.length === 0 ? { namespace, name } : undefined;
}

/** The groups that a service account is in. */
export const accountGroups = (namespace: string): readonly string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
];
