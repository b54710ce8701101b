import { invariant } from '../base/invariant.ts';
import { DEPLOYMENT } from './apps/deployment-kind.ts';
import { REPLICA_SET } from './apps/replica-set-kind.ts';
import { CONFIG_MAP } from './core/config-map-kind.ts';
import { ENDPOINTS } from './core/endpoints-kind.ts';
import { EVENT } from './core/event-kind.ts';
import { NAMESPACE } from './core/namespace-kind.ts';
import { NODE } from './core/node-kind.ts';
import { POD } from './core/pod-kind.ts';
import { SERVICE_ACCOUNT } from './core/service-account-kind.ts';
import { SERVICE } from './core/service-kind.ts';
import { ENDPOINT_SLICE } from './discovery/endpoint-slice-kind.ts';
import { apiVersionOf, type KindDescription } from './schema/kind-description.ts';

/** Every kind that the API serves, in the order of `kubectl api-resources`: by group, then by plural name. */
export const KINDS: readonly KindDescription[] = [
  CONFIG_MAP,
  ENDPOINTS,
  EVENT,
  NAMESPACE,
  NODE,
  POD,
  SERVICE_ACCOUNT,
  SERVICE,
  DEPLOYMENT,
  REPLICA_SET,
  ENDPOINT_SLICE,
];

const byKind = new Map(KINDS.map((description) => [description.kind, description]));

/** A kind by its name (`EndpointSlice`), or undefined. Names are unique over the groups served. */
export const findKind = (kind: string): KindDescription | undefined => byKind.get(kind);

/** A kind that must exist: asking for another is a bug. */
export function requireKind(kind: string): KindDescription {
  const description = byKind.get(kind);
  invariant(description, `the API serves no kind ${kind}`);
  return description;
}

/** A kind by `apiVersion` and `kind`, as manifests name it. */
export function findGroupVersionKind(
  apiVersion: string,
  kind: string,
): KindDescription | undefined {
  const description = byKind.get(kind);
  return description && apiVersionOf(description) === apiVersion ? description : undefined;
}

/** A kind by what people type: plural, singular, short name, kind, or `deployments.apps`, `deploy.v1.apps`. */
export function findResource(text: string): KindDescription | undefined {
  const [name = '', ...group] = text.toLowerCase().split('.');
  const suffix = group.join('.');
  return KINDS.find(
    (description) =>
      [
        description.plural,
        description.singular,
        description.kind.toLowerCase(),
        ...description.shortNames,
      ].includes(name) &&
      (suffix === '' || suffix === description.group || suffix === `v1.${description.group}`),
  );
}
