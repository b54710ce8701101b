import { ipVersion } from '../../base/ip.ts';
import type { NormalPolicy } from '../normal-policy.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { PolicyPod } from '../policy-world.ts';
import type { DnsFacts, Lint } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { code, listed, nameOf, some } from './say.ts';

/** What of the DNS a pod cannot reach by its NetworkPolicies. */
type Closed = 'both' | 'udp' | 'tcp' | 'none';

interface Group {
  readonly closed: Exclude<Closed, 'none'>;
  readonly policies: readonly NormalPolicy[];
  readonly pods: PolicyPod[];
}

/** Whether the NetworkPolicies of a pod keep it from every endpoint of the DNS that speaks a protocol. */
function isClosed(pod: PolicyPod, protocol: PolicyProtocol, dns: DnsFacts, { engine }: Lint) {
  const flows = dns.endpoints
    .filter((each) => each.protocol === protocol)
    .flatMap(({ address, port }) => {
      const own = pod.addresses.find((each) => ipVersion(each) === ipVersion(address));
      if (own === undefined) return [];
      return [
        { source: { address: own, pod }, destination: engine.endOf(address), protocol, port },
      ];
    });
  return (
    flows.length > 0 &&
    flows.every((flow) => {
      const { outcome, decidedBy } = engine.explain(flow).egress;
      return outcome === 'not-admitted' && decidedBy === 'network-policies';
    })
  );
}

function closedFor(pod: PolicyPod, dns: DnsFacts, lint: Lint): Closed {
  const udp = isClosed(pod, 'UDP', dns, lint);
  const tcp = isClosed(pod, 'TCP', dns, lint);
  if (udp && tcp) return 'both';
  return udp ? 'udp' : tcp ? 'tcp' : 'none';
}

/** Pods with rules for what they may connect to, among which the DNS is not. Who may connect to nothing is meant to. */
function groupsOf(dns: DnsFacts, lint: Lint): readonly Group[] {
  const { engine, context } = lint;
  const groups = new Map<string, Group>();
  const answers = new Map<number, Closed>();
  for (const pod of engine.world.pods) {
    const [address] = pod.addresses;
    if (address === undefined || context.withoutDns.has(pod.key)) continue;
    const { network } = engine.policiesOf(pod, 'egress');
    if (!network.some(({ egress }) => egress.length > 0)) continue;
    const names = network.map(({ ref }) => nameOf(ref)).join();
    const like = engine.classOf({ address, pod });
    const closed = answers.get(like) ?? closedFor(pod, dns, lint);
    answers.set(like, closed);
    if (closed === 'none') continue;
    const group = groups.get(`${closed} ${names}`) ?? { closed, policies: network, pods: [] };
    group.pods.push(pod);
    groups.set(`${closed} ${names}`, group);
  }
  return [...groups.values()];
}

/** Rules that name addresses alone may be all that a program needs which knows no names. */
const namesAddressesAlone = (policies: readonly NormalPolicy[]) =>
  policies
    .flatMap(({ egress }) => egress)
    .every(({ peers }) => peers?.every(({ peer }) => peer === 'networks') ?? false);

const portsOf = ({ endpoints }: DnsFacts, protocols: readonly PolicyProtocol[]) =>
  listed([
    ...new Set(
      endpoints
        .filter(({ protocol }) => protocols.includes(protocol))
        .map(({ protocol, port }) => `${protocol} ${port}`),
    ),
  ]);

const PROTOCOLS = { both: ['UDP', 'TCP'], udp: ['UDP'], tcp: ['TCP'] } as const;

function tell({ closed, policies, pods }: Group, dns: DnsFacts): LintFinding[] {
  const first = policies.find(({ egress }) => egress.length > 0);
  if (!first) return [];
  const others = policies.filter((policy) => policy !== first).map(({ ref }) => ref);
  const who = some(pods.map(({ key }) => key));
  const what = `${portsOf(dns, PROTOCOLS[closed])} of the pods of ${code(dns.service)}`;
  return [
    {
      check: 'dns-forgotten',
      severity: closed === 'tcp' || namesAddressesAlone(policies) ? 'note' : 'warning',
      policy: first.ref,
      others,
      path: '.spec.egress',
      sentence: `No egress rule lets ${who} reach the cluster's DNS: ${what}.`,
      why:
        closed === 'tcp'
          ? 'Answers that do not fit into a UDP packet are asked for again by TCP, and those look-ups fail. Rules for DNS need both protocols.'
          : 'Whoever connects by name looks the name up first. The policy isolates egress, and what no rule admits does not pass, so look-ups time out and it seems as if the other end were down. Add a rule to the DNS pods, for UDP and TCP, on the port of the pods.',
    },
  ];
}

/** Egress isolation that has rules, and none for the cluster's DNS. */
export const checkDns = (lint: Lint): readonly LintFinding[] => {
  const { dns } = lint.context;
  return dns ? groupsOf(dns, lint).flatMap((group) => tell(group, dns)) : [];
};
