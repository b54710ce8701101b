import { formatSocketAddress } from '../base/flow.ts';
import type { IcmpType } from '../packet/packet.ts';
import type { DropReason, EvaluatedRule, NotSentReason, Place, Step } from './step.ts';

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

/** `web-7c9d` for a namespace `shop/web-7c9d`, else the machine: the short name that drawings use. */
export function shortName({ machine, netns }: Place): string {
  return netns === undefined ? machine : netns.slice(netns.lastIndexOf('/') + 1);
}

const code = (text: string) => `\`${text}\``;

/** What an ICMP message says, in words. */
export function icmpInWords(type: IcmpType): string {
  switch (type) {
    case 'echo-request':
      return 'echo request';
    case 'echo-reply':
      return 'echo reply';
    case 'net-unreachable':
      return 'ICMP net unreachable';
    case 'host-unreachable':
      return 'ICMP host unreachable';
    case 'protocol-unreachable':
      return 'ICMP protocol unreachable';
    case 'port-unreachable':
      return 'ICMP port unreachable';
    case 'admin-prohibited':
      return 'ICMP administratively prohibited';
    case 'fragmentation-needed':
      return 'ICMP fragmentation needed';
    case 'ttl-exceeded':
      return 'ICMP time exceeded';
    case 'redirect':
      return 'ICMP redirect';
    case 'neighbour-solicitation':
      return 'neighbour solicitation';
    case 'neighbour-advertisement':
      return 'neighbour advertisement';
  }
}

const answerInWords = (answer: StepOf<'refused'>['answer']) =>
  answer === 'tcp-reset'
    ? 'a TCP reset'
    : answer === 'sctp-abort'
      ? 'an SCTP ABORT'
      : icmpInWords(answer);

/** How a machine asks who has an address: by ARP, or in IPv6 by neighbour discovery. */
export const neighbourQuestion = (address: string) =>
  address.includes(':') ? 'neighbour discovery' : 'ARP';

/** Why a packet ended, as one sentence. */
export function dropInWords(reason: DropReason, step: Step): string {
  const { address } = step.flow.destination;
  switch (reason) {
    case 'netfilter-drop':
      return 'A rule drops the packet: nobody is told';
    case 'no-route':
      return `No route leads to ${code(address)}`;
    case 'neighbour-failed':
      return `Nobody answered ${neighbourQuestion(address)} for the next hop: the packet is given up`;
    case 'ttl-exceeded':
      return 'The hop limit is used up: the packet ends here';
    case 'not-forwarding':
      return `${code(address.includes(':') ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward')} is 0: this machine forwards nothing`;
    case 'not-for-us':
      return 'The frame is for another MAC: it is ignored';
    case 'no-carrier':
      return 'The link is down: the frame goes nowhere';
    case 'martian-source':
      return `The address ${code(step.flow.source.address)} may not come in here: dropped as a martian`;
    case 'rp-filter':
      return `Answers to ${code(step.flow.source.address)} would leave by another device: ${code('rp_filter')} drops the packet`;
    case 'no-hairpin':
      return 'The receiver is on the port that the frame came from, and hairpin mode is off: the bridge does not send it back';
    case 'bridge-loop':
      return 'The bridges are joined in a circle: this copy of the frame has gone round and ends here';
    case 'packet-too-big':
      return 'The packet is larger than the MTU and may not be fragmented';
    case 'no-socket':
      return 'No socket wants the packet';
    case 'invalid-state':
      return 'The segment fits no state of the connection: it is ignored';
    case 'backlog-full':
      return 'The queue of the listening socket is full: the packet is dropped';
    case 'blackhole-route':
      return `The route to ${code(address)} is a black hole: nobody is told`;
    case 'unreachable-route':
      return `A route says that ${code(address)} cannot be reached`;
    case 'prohibited-route':
      return `A route says that packets to ${code(address)} are prohibited`;
    case 'no-remote-vtep':
      return 'The tunnel has no remote end for the MAC: the frame goes nowhere';
    case 'unknown-vni':
      return 'No VXLAN device has the VNI of the packet: it ends here';
    case 'fragment-lost':
      return 'A piece of the packet did not come in time: the others are thrown away';
  }
}

/** Why a system call sent nothing, as a clause. */
function notSentInWords(reason: NotSentReason, { destination, source }: Step['flow']): string {
  const address = code(destination.address);
  switch (reason) {
    case 'no-route':
      return `no route leads to ${address}`;
    case 'unreachable-route':
      return `a route says that ${address} cannot be reached`;
    case 'prohibited-route':
      return `a route forbids packets to ${address}`;
    case 'blackhole-route':
      return `the route to ${address} is a black hole`;
    case 'no-source-address':
      return `this machine has no address to send from to ${address}`;
    case 'foreign-source':
      return `${code(source.address)} is no address of this machine`;
    case 'ports-used-up':
      return `every port of ${code('ip_local_port_range')} is taken towards ${code(formatSocketAddress(destination))}`;
    case 'no-zone':
      return `${address} is link-local, and no device is named`;
  }
}

/** What the sender's program heard at once, and why. */
export const notSentStepInWords = ({ call, error, reason, flow }: StepOf<'not-sent'>) =>
  `${code(`${call}()`)} fails with ${code(error)}, no packet leaves: ${notSentInWords(reason, flow)}`;

/** `10.244.2.0/24 via 192.168.10.12`, without what a reader can do without. */
function shortRoute(text: string): string {
  const [destination = '', ...rest] = text.split(' ');
  const valueOf = (key: string) => {
    const index = rest.indexOf(key);
    return index < 0 ? undefined : rest[index + 1];
  };
  const [via, device] = [valueOf('via'), valueOf('dev')];
  // `blackhole 10.244.0.0/24`: a route that leads nowhere has no device.
  if (via === undefined && device === undefined) return `${destination} ${rest[0] ?? ''}`.trim();
  if (destination === 'default') return `via ${via ?? ''} dev ${device ?? ''}`;
  return via === undefined ? `${destination} dev ${device ?? ''}` : `${destination} via ${via}`;
}

/** Which route was taken. */
export function routeInWords(step: StepOf<'route'>): string {
  const chosen = step.considered[step.chosen]?.text;
  if (chosen === undefined) return `No route leads to ${code(step.flow.destination.address)}`;
  if (step.table === 'local') return `${code(step.flow.destination.address)} is an own address`;
  return chosen.startsWith('default ')
    ? `Default route: ${code(shortRoute(chosen))}`
    : code(shortRoute(chosen));
}

/** How a tunnel's device packed a packet. */
export const encapsulatedInWords = ({ headers, after }: StepOf<'encapsulated'>) =>
  `Packed into UDP for ${code(formatSocketAddress(after.destination))}: VNI ${String(headers.id)}, ${String(headers.length)} bytes`;

/** How the other end unpacked it. */
export const decapsulatedInWords = ({ headers, after }: StepOf<'decapsulated'>) =>
  `VNI ${String(headers.id)} is unpacked: inside is a packet for ${code(formatSocketAddress(after.destination))}`;

/** What became of a packet that was longer than the MTU, and may be cut. */
export const fragmentedInWords = ({ pieces, mtu }: StepOf<'fragmented'>) =>
  `Longer than the MTU of ${String(mtu)}: cut into ${String(pieces)} fragments`;

/** What a bridge did with a frame. */
export function bridgeInWords(step: StepOf<'bridge'>): string {
  switch (step.decision) {
    case 'local':
      return "Frame is for the bridge's own MAC: up to the node";
    case 'flood':
      return `FDB does not know ${code(step.mac)}: out of every port`;
    case 'forward':
      return `FDB: ${code(step.mac)} on ${code(step.port ?? '')}`;
  }
}

const isMarkTest = ({ text, matched }: EvaluatedRule) =>
  matched &&
  (/ ! --mark .* -j RETURN$/.test(text) || /^meta mark & \S+ == 0x00000000 return/.test(text));

/** The rule that had the last word at a hook; where nothing was masqueraded, the one that looked for the mark. */
export function decidingRule({
  rules,
  verdict,
}: Pick<StepOf<'netfilter'>, 'rules' | 'verdict'>): EvaluatedRule | undefined {
  const marked = verdict === 'accept' ? rules.find(isMarkTest) : undefined;
  return marked ?? rules.findLast(({ matched }) => matched);
}

/** What a table decided at a hook. */
export function netfilterInWords(step: StepOf<'netfilter'>): string {
  const chain = decidingRule(step)?.chain ?? step.hook;
  switch (step.verdict) {
    case 'dnat':
    case 'redirect':
      return `${code(chain)} rewrites the destination`;
    case 'snat':
    case 'masquerade':
      return `${code(chain)} rewrites the source: replies come back to ${code(step.after.source.address)}`;
    case 'drop':
      return `${code(chain)} drops the packet: nobody is told`;
    case 'reject':
      return `${code(chain)} refuses the packet`;
    case 'accept':
      return acceptInWords(step, chain);
  }
}

function acceptInWords({ hook, table, rules }: StepOf<'netfilter'>, chain: string): string {
  if (hook === 'POSTROUTING' && table === 'nat') {
    return rules.some(isMarkTest) ? 'No mark, so no masquerade' : 'No rule rewrites the source';
  }
  if (table === 'nat') return 'No rule rewrites the destination';
  return rules.some(({ matched }) => matched) ? `${code(chain)} lets it pass` : 'Policy: accept';
}

const CONNECTIONS = {
  new: 'a connection without an answer so far',
  established: 'a known connection',
  related: 'about a known connection',
} as const;

/** What connection tracking knew. */
export function conntrackInWords(step: StepOf<'conntrack'>): string {
  const changed = (side: 'source' | 'destination') =>
    step.after[side].address !== step.flow[side].address ||
    step.after[side].port !== step.flow[side].port;
  const rewritten = (['source', 'destination'] as const).filter(changed);
  switch (step.state) {
    case 'invalid':
      return 'conntrack: the packet belongs to no connection';
    case 'new':
    case 'established':
    case 'related': {
      const known = CONNECTIONS[step.state];
      return rewritten.length === 0
        ? `conntrack: ${known}`
        : `conntrack: ${known}, the ${rewritten.join(' and the ')} is rewritten as its first packet was`;
    }
  }
}

/** Who got the packet. */
export function deliveredInWords(step: StepOf<'delivered'>): string {
  const { syn, ack } = step.flags ?? {};
  const socket = code(step.socket.replace(/^(?:0\.0\.0\.0|\*):/, ':'));
  if ((syn && !ack) || step.chunk === 'INIT') return `Listening on ${socket}`;
  if (step.flow.protocol.startsWith('icmp')) return 'The kernel takes it: it is for an own address';
  return `Delivered to ${code(step.process)} at ${socket}`;
}

/** Who said no, and with which answer. */
export function refusedInWords(step: StepOf<'refused'>): string {
  const answer = answerInWords(step.answer);
  return step.by === 'netfilter'
    ? `A rule refuses the packet: ${answer} goes back`
    : `Nothing listens on ${code(`:${step.flow.destination.port}`)}: ${answer} goes back`;
}

/** What a resolver or a name server did. */
export function dnsInWords(step: StepOf<'dns'>): string {
  const question = `${code(step.name)} ${step.type}`;
  switch (step.side) {
    case 'asks':
      return `Asks ${code(step.server)} for ${question}`;
    case 'answers':
      return `Answers ${question}: ${answersInWords(step)}`;
    case 'hears':
      return `Hears of ${question}: ${answersInWords(step)}`;
  }
}

const answersInWords = ({ answers = [], responseCode = 'NOERROR' }: StepOf<'dns'>) =>
  answers.length > 0
    ? answers.map(code).join(', ')
    : responseCode === 'NOERROR'
      ? 'NOERROR, no such record'
      : responseCode;

/** What a program said or heard. */
export function httpInWords(step: StepOf<'http'>): string {
  switch (step.side) {
    case 'asks':
      return `Asks ${code(step.line)}`;
    case 'answers':
      return `Answers ${code(step.line)}`;
    case 'hears':
      return `Hears ${code(step.line)}`;
  }
}

/** Who let the packet go. */
export const sentInWords = (step: StepOf<'sent'>) =>
  `${step.process === undefined ? 'Sent' : `${code(step.process)} sends`} to ${code(formatSocketAddress(step.flow.destination))}`;
