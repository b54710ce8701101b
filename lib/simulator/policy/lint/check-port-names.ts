import type { NormalPolicy, NormalPort, NormalRule } from '../normal-policy.ts';
import type { PolicyPod } from '../policy-world.ts';
import { askedRules, type DirectedRule, type Lint, type PolicyCheck } from './lint-context.ts';
import { code, some } from './say.ts';

type PortName = Extract<NormalPort, { readonly port: 'name' }>;

/** Who has the port: the pods themselves for ingress, for egress those at the other end. */
function ownersOf(
  policy: NormalPolicy,
  { direction, rule }: DirectedRule,
  { engine }: Lint,
): readonly PolicyPod[] {
  if (direction === 'ingress') return engine.podsOf(policy.subject);
  if (!rule.peers) return engine.world.pods;
  return rule.peers.flatMap((peer) => (peer.peer === 'pods' ? engine.podsOf(peer) : []));
}

const hasPort = ({ namedPorts }: PolicyPod, { name, protocol }: PortName) =>
  namedPorts.some(
    (known) => known.name === name && (protocol === undefined || known.protocol === protocol),
  );

/** `http` (TCP 80). */
const portsOf = (pods: readonly PolicyPod[]) => [
  ...new Set(
    pods.flatMap(({ namedPorts }) =>
      namedPorts.map(({ name, protocol, port }) => `${name} (${protocol} ${port})`),
    ),
  ),
];

function sayPorts(pods: readonly PolicyPod[]): string {
  const names = portsOf(pods);
  return names.length === 0 ? 'Their ports have no names.' : `They have ${some(names)}.`;
}

const findsAddresses = ({ peers }: NormalRule) =>
  peers?.some(({ peer }) => peer === 'networks' || peer === 'nodes') ?? false;

/** A port name that no pod has which the rule is about. */
export const checkPortNames: PolicyCheck = (policy, lint) =>
  askedRules(policy).flatMap((directed) => {
    const { direction, rule } = directed;
    const names = (rule.ports ?? []).filter((port): port is PortName => port.port === 'name');
    if (names.length === 0) return [];
    const owners = ownersOf(policy, directed, lint);
    // Where nobody is found at all other checks have their say.
    if (owners.length === 0 && !(direction === 'egress' && findsAddresses(rule))) return [];
    return names
      .filter((port) => !owners.some((pod) => hasPort(pod, port)))
      .map(({ path, name, protocol }) => ({
        check: 'unknown-port-name',
        severity: 'warning',
        policy: policy.ref,
        others: [],
        path,
        sentence:
          owners.length === 0
            ? `${code(path)} names the port ${code(name)}, and ${code(rule.path)} finds addresses, which have no named ports.`
            : `No pod ${direction === 'ingress' ? 'that the policy selects' : `that ${code(rule.path)} finds`} has a ${protocol ?? 'container'} port named ${code(name)}. ${sayPorts(owners)}`,
        why: 'A port name stands for the container port that has this name in the pod connected to. For a pod without such a port the rule says nothing.',
      }));
  });
