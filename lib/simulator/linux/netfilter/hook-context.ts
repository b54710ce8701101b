import type { Micros } from '../../base/clock.ts';
import type { RandomState } from '../../base/random.ts';
import type { IpPacket } from '../../packet/packet.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { Place } from '../../trace/step.ts';
import type { ConntrackEntry } from '../conntrack.ts';
import type { NetworkNamespace } from '../network.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import type { Audience } from './evaluate.ts';
import type { DrawLot } from './lots.ts';
import type { MatchSubject } from './match/subject.ts';
import type { RejectWith, Ruleset } from './rule.ts';

/** What a hook decides. After `reject` the caller sends the answer and drops the packet. */
export type HookVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'drop' }
  | { readonly verdict: 'reject'; readonly with: RejectWith };

export const ACCEPT: HookVerdict = { verdict: 'accept' };
export const DROP: HookVerdict = { verdict: 'drop' };

/** What the hooks need to know of the machine. */
export interface HookContext {
  readonly namespace: NetworkNamespace;
  readonly place: Place;
  readonly now: Micros;
  readonly random: RandomState;
  readonly drawLot?: DrawLot | undefined;
  readonly recorder: Recorder;
  /** The namespace is dormant: what was put off there is to be written now (NetworkEnvironment.wake). */
  readonly wake?: (() => void) | undefined;
  /** Whether the address belongs to this namespace (RTN_LOCAL): its interfaces, 127.0.0.0/8. */
  readonly isLocalAddress: (address: string) => boolean;
  /** The device by which routing sends to an address. */
  readonly routeDevice?: (address: string) => string | undefined;
  /** The source that MASQUERADE takes: the address of `outDevice` that a route to the packet's destination prefers. */
  readonly masqueradeAddress: (outDevice: string, packet: IpPacket) => string | undefined;
}

/** The tracked connection of a packet. */
export const connectionOf = (
  { connection }: SocketBuffer,
  { namespace }: HookContext,
): ConntrackEntry | undefined =>
  connection === undefined ? undefined : namespace.conntrack.entries[connection];

/** iptables and ip6tables have rules of their own. */
export const rulesetFor = ({ namespace }: HookContext, { version }: IpPacket): Ruleset =>
  version === 4 ? namespace.ruleset : namespace.ruleset6;

/** Who will read which rules were looked at. */
export const audienceOf = ({ tag }: SocketBuffer, { recorder }: HookContext): Audience =>
  recorder.isRecording(tag) ? 'recorder' : 'nobody';

/** What the conditions of rules look at. Every subject has the same members in the same order, which keeps reading them fast. */
export const subjectOf = (skb: SocketBuffer, context: HookContext): MatchSubject => ({
  skb,
  ruleset: rulesetFor(context, skb.packet),
  connection: connectionOf(skb, context),
  ipsets: context.namespace.ipsets,
  now: context.now,
  random: context.random,
  drawLot: context.drawLot,
  namespace: context.namespace.id,
  rule: undefined,
  at: undefined,
  isLocalAddress: context.isLocalAddress,
});
