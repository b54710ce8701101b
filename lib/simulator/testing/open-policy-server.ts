import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import { createStore, createStoreState } from '../apiserver/create-store.ts';
import { handleRequest } from '../apiserver/rest.ts';
import type { RestRequest } from '../apiserver/rest-types.ts';

const NOW = 1_700_000_000 * SECOND;
const GROUP = '/apis/policy.networking.k8s.io';

/** Where each kind of policy is written: version, collection. */
export const POLICY_KINDS = {
  NetworkPolicy: [
    'networking.k8s.io/v1',
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
  ],
  AdminNetworkPolicy: [
    'policy.networking.k8s.io/v1alpha1',
    `${GROUP}/v1alpha1/adminnetworkpolicies`,
  ],
  BaselineAdminNetworkPolicy: [
    'policy.networking.k8s.io/v1alpha1',
    `${GROUP}/v1alpha1/baselineadminnetworkpolicies`,
  ],
  ClusterNetworkPolicy: [
    'policy.networking.k8s.io/v1alpha2',
    `${GROUP}/v1alpha2/clusternetworkpolicies`,
  ],
} as const;

export type PolicyKindName = keyof typeof POLICY_KINDS;

/** An API server with an empty namespace, and requests to it. */
export function openPolicyServer() {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('policies'),
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const send = (method: RestRequest['method'], path: string, body?: unknown) => {
    const response = handleRequest(
      {
        method,
        path,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? '' : JSON.stringify(body),
      },
      { store, options: { kubernetesVersion: '1.35' }, now: NOW },
    );
    if (!('body' in response)) throw new Error('a stream is no answer to this');
    const { status: code, body: text, warnings } = response;
    return { ...(JSON.parse(text) as KubeObject & Status), code, warnings };
  };
  const create = (kind: PolicyKindName, spec: unknown, name = 'default') =>
    send('POST', POLICY_KINDS[kind][1], {
      apiVersion: POLICY_KINDS[kind][0],
      kind,
      metadata: { name },
      spec,
    });
  return { store, send, create };
}
