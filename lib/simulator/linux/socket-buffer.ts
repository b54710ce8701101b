import type { IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { ConntrackDirection, ConntrackState } from './conntrack.ts';

/** A packet inside one namespace, with what the kernel notes beside it (struct sk_buff). Lives for one traversal. */
export interface SocketBuffer {
  packet: IpPacket;
  mark: number;
  inDevice?: string | undefined;
  outDevice?: string | undefined;
  /** The device that the sender is bound to (SO_BINDTODEVICE, a tunnel's `dev`): routing may choose no other. */
  readonly boundDevice?: string | undefined;
  /** Set by conntrack at PREROUTING or OUTPUT. */
  connection?: number | undefined;
  connectionState?: ConntrackState | undefined;
  /** Which way along the connection the packet goes. */
  connectionDirection?: ConntrackDirection | undefined;
  /** The longest piece of a packet that came in pieces: it is cut again no longer than that. */
  longestPiece?: number | undefined;
  /** Source MAC of the frame that it came in. */
  sourceMac?: string | undefined;
  /** Ports of the bridge by which it came, and will leave, while bridge-nf-call-iptables shows it to IP rules. */
  physicalInDevice?: string | undefined;
  physicalOutDevice?: string | undefined;
  /** Owner of the socket that sent it; absent for what is forwarded, and for what the kernel itself sends. */
  uid?: number | undefined;
  readonly tag?: TraceTag | undefined;
}

/** A packet at the beginning of its way. All have the same members in the same order, which keeps reading them fast. */
export const socketBuffer = (
  packet: IpPacket,
  tag: TraceTag | undefined,
  devices: { readonly in?: string | undefined; readonly out?: string | undefined },
): SocketBuffer => ({
  packet,
  mark: 0,
  inDevice: devices.in,
  outDevice: devices.out,
  boundDevice: undefined,
  connection: undefined,
  connectionState: undefined,
  connectionDirection: undefined,
  longestPiece: undefined,
  sourceMac: undefined,
  physicalInDevice: undefined,
  physicalOutDevice: undefined,
  uid: undefined,
  tag,
});
