import { sendRequest, startScenario, tellStory, viewTopology } from '#lib/simulator/index.ts';
import type { Scenario, SocketAddress, Topology, Trace } from '#lib/simulator/index.ts';
import type { Observable } from './schema/observable.ts';

type Step = Trace['steps'][number];

/** What one request showed, by observable; a value is absent when there was nothing to see. */
export type Observed = Readonly<Partial<Record<Observable, string>>>;

/** The seed of figures and claims, and of predictions that are asked for the first time. */
export const FIRST_SEED = 'hopwise';

/** `pod/shop/catalog-x`, `service/shop/catalog`, `node/node-a`, or the address itself when nobody owns it. */
export function ownerOf(topology: Topology, address: string): string {
  const service = topology.services.find(({ clusterIp }) => clusterIp === address);
  if (service) return `service/${service.namespace}/${service.name}`;
  for (const node of topology.nodes) {
    if (node.address === address) return `node/${node.name}`;
    const pod = node.pods.find(({ ip, hostNetwork }) => ip === address && !hostNetwork);
    if (pod) return `pod/${pod.namespace}/${pod.name}`;
  }
  return address;
}

/** Sends the request in a fresh cluster and says what was to be seen. The same arguments give the same values. */
export function observeRequest(
  scenario: Scenario,
  from: string,
  url: string,
  seed = FIRST_SEED,
): Observed {
  const sandbox = startScenario(scenario, seed);
  const sent = sendRequest(sandbox, from, url);
  const trace = sandbox.cluster.trace(sent.trace);
  if (trace === undefined) return {};
  const topology = viewTopology(sandbox.cluster);
  const status = sent.outcome.status;
  return {
    disposition: trace.disposition,
    'http-status': status === undefined ? (sent.outcome.failure ?? 'no answer') : String(status),
    'dns-query-count': String(countQueries(trace)),
    'wire-crossings-to-service-address': String(countServiceCrossings(trace, topology)),
    ...observeConnection(trace, topology),
    ...observePolicies(trace),
  };
}

/** What policies said: the first that let something end here, else the last that was asked. */
function observePolicies(trace: Trace): Observed {
  const hops = tellStory(trace.steps).filter(({ policy }) => policy !== undefined);
  const against = hops.find(
    ({ policy }) => policy?.says === 'Does not admit' || policy?.says === 'Deny',
  );
  const { policy, because } = against ?? hops.at(-1) ?? {};
  if (policy === undefined) return {};
  const words = policy.says === 'Deny' ? 'Deny' : 'not admitted';
  return {
    verdict: against ? `${policy.direction} ${words}` : 'admitted',
    ...(because
      ? {
          'deciding-policy': `${[because.kind, because.namespace, because.name].filter(Boolean).join('/')} ${because.detail ?? ''}`,
        }
      : {}),
  };
}

/** What the first packet of the first TCP connection met. */
function observeConnection(trace: Trace, topology: Topology): Observed {
  const first = trace.steps.find(({ flow }) => flow.protocol === 'tcp');
  if (first === undefined) return {};
  const steps = trace.steps.filter(({ packet }) => packet === first.packet);
  const last = steps.at(-1) ?? first;
  const dnat = steps.find((step) => step.kind === 'netfilter' && step.verdict === 'dnat');
  const delivered = steps.find(({ kind }) => kind === 'delivered');
  const tunnel = steps.find((step) => step.kind === 'encapsulated');
  const withPort = ({ address, port }: SocketAddress) => `${ownerOf(topology, address)}:${port}`;
  return {
    'destination-after-dnat': withPort(flowAfter(last).destination),
    ...(tunnel ? { 'outer-destination': ownerOf(topology, tunnel.after.destination.address) } : {}),
    ...(dnat ? { 'node-of-dnat': dnat.place.machine } : {}),
    ...(delivered
      ? {
          'source-seen-by-server': ownerOf(topology, delivered.flow.source.address),
          'answering-node': delivered.place.machine,
          'answering-pod': delivered.place.netns ?? delivered.place.machine,
        }
      : {}),
  };
}

const flowAfter = (step: Step) => ('after' in step ? step.after : step.flow);

function countQueries(trace: Trace): number {
  const asks = trace.steps.filter((step) => step.kind === 'dns' && step.side === 'asks');
  // What CoreDNS asks further on is not the client's question.
  return asks.filter(({ place }) => place.netns === asks[0]?.place.netns).length;
}

function countServiceCrossings(trace: Trace, topology: Topology): number {
  return trace.steps.filter(
    (step) =>
      step.kind === 'transmitted' &&
      step.place.netns === undefined &&
      step.to.netns === undefined &&
      step.to.machine !== step.place.machine &&
      ownerOf(topology, step.flow.destination.address).startsWith('service/'),
  ).length;
}

/** Is this the observed value? `*` in the pattern stands for any text without a slash. */
export function matchesObserved(pattern: string, observed: string | undefined): boolean {
  if (observed === undefined) return pattern === 'none';
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]*');
  return new RegExp(`^${source}$`).test(observed);
}
