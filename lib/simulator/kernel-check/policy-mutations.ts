import type { Pod } from '../api/core/pod.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { SECOND } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import type { Cluster } from '../cluster.ts';
import { POLICY_KINDS } from '../policy/normalize-policies.ts';

/*
 * Broken policy agents: the agents of the simulated cluster get to read other policies than were written, after the kernel
 * has got the rules of the right ones.
 */

/** How long the agents have for writing rules. */
const AFTERMATH = 3 * SECOND;

type Peer = Readonly<Record<string, unknown>> & {
  readonly ipBlock?: { readonly cidr: string; except?: readonly string[] };
};

/** A port in the words of any of the kinds. */
interface Port {
  protocol?: string;
  port?: number | string;
  namedPort?: string;
  portNumber?: { protocol: string; port: number };
  destinationNamedPort?: string;
  tcp?: { destinationPort: { number: number } };
}

interface PolicyRule {
  action?: string;
  from?: Peer[];
  to?: Peer[];
  ports?: Port[];
  protocols?: Port[];
}

/** What the kinds have in common. */
interface Policy extends KubeObject {
  spec: { policyTypes?: string[]; ingress?: PolicyRule[]; egress?: PolicyRule[] };
}

const policiesOf = ({ store }: Cluster): Policy[] =>
  POLICY_KINDS.flatMap((kind) => [...store.list<Policy>(kind)]);

/** The same cluster, in which nobody has any policy. */
export function forgetPolicies(cluster: Cluster): void {
  for (const { kind, metadata } of policiesOf(cluster))
    cluster.store.delete(kind, metadata.namespace, metadata.name, {});
  cluster.advance(AFTERMATH);
}

/** Edits every policy, and lets the agents write what comes of it. */
export const editPolicies =
  (edit: (policy: Policy, cluster: Cluster) => void) =>
  (cluster: Cluster): void => {
    for (const policy of policiesOf(cluster)) {
      const edited = structuredClone(policy);
      edit(edited, cluster);
      const result = cluster.store.update(edited);
      invariant(result.ok, result.ok ? '' : `kernel-check: ${result.status.message ?? ''}`);
    }
    cluster.advance(AFTERMATH);
  };

const rulesOf = ({ spec }: Policy) => [...(spec.ingress ?? []), ...(spec.egress ?? [])];

const turned = (rules: readonly PolicyRule[] = []) =>
  rules.map(({ from, to, ...rest }) => ({
    ...rest,
    ...(from && { to: from }),
    ...(to && { from: to }),
  }));

/** Only pods can be where a cluster policy's traffic comes from. */
const isOfPods = (peer: Peer) => 'pods' in peer || 'namespaces' in peer;

/** Ingress is taken for egress, and the other way round. */
export function swapDirections({ kind, spec }: Policy): void {
  const { policyTypes, ingress, egress } = spec;
  const entering = turned(egress);
  spec.ingress =
    kind === 'NetworkPolicy' ? entering : entering.filter(({ from = [] }) => from.every(isOfPods));
  spec.egress = turned(ingress);
  if (policyTypes)
    spec.policyTypes = policyTypes.map((type) => (type === 'Ingress' ? 'Egress' : 'Ingress'));
}

/** Exceptions of address blocks are not read. */
export function ignoreExceptions(policy: Policy): void {
  for (const { from = [], to = [] } of rulesOf(policy))
    for (const { ipBlock } of [...from, ...to]) delete ipBlock?.except;
}

const ACCEPTING: Readonly<Record<string, string>> = {
  AdminNetworkPolicy: 'Allow',
  ClusterNetworkPolicy: 'Accept',
};

/** Who passes a connection on is taken to let it in. */
export function acceptInsteadOfPass(policy: Policy): void {
  for (const rule of rulesOf(policy))
    if (rule.action === 'Pass') rule.action = ACCEPTING[policy.kind] ?? 'Allow';
}

/** What a port name means on the last pod that has it. */
function numberOn(pods: readonly Pod[], name: unknown): number | undefined {
  const ports = pods.flatMap(({ spec }) => spec.containers.flatMap(({ ports: own = [] }) => own));
  return ports.filter((port) => port.name === name).at(-1)?.containerPort;
}

function withNumber(port: Port, pods: readonly Pod[]): Port {
  const number = numberOn(pods, port.namedPort ?? port.destinationNamedPort ?? port.port);
  if (number === undefined) return port;
  if (port.namedPort !== undefined) return { portNumber: { protocol: 'TCP', port: number } };
  if (port.destinationNamedPort !== undefined) return { tcp: { destinationPort: { number } } };
  return { ...port, port: number };
}

/** A port name has the number that it has on some other pod. */
export function nameOnePort(policy: Policy, { store }: Cluster): void {
  const pods = store.list<Pod>('Pod');
  for (const rule of rulesOf(policy)) {
    if (rule.ports) rule.ports = rule.ports.map((port) => withNumber(port, pods));
    if (rule.protocols) rule.protocols = rule.protocols.map((port) => withNumber(port, pods));
  }
}
