import type { IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { ConntrackDirection, ConntrackState } from './conntrack.ts';

/** A packet inside one namespace, with what the kernel notes beside it (struct sk_buff). Lives for one traversal. */
export interface SocketBuffer {
  packet: IpPacket;
  mark: number;
  inDevice?: string;
  outDevice?: string;
  /** The device that the sender is bound to (SO_BINDTODEVICE, a tunnel's `dev`): routing may choose no other. */
  readonly boundDevice?: string;
  /** Set by conntrack at PREROUTING or OUTPUT. */
  connection?: number;
  connectionState?: ConntrackState;
  /** Which way along the connection the packet goes. */
  connectionDirection?: ConntrackDirection;
  /** The longest piece of a packet that came in pieces: it is cut again no longer than that. */
  longestPiece?: number;
  /** Source MAC of the frame that it came in. */
  readonly sourceMac?: string;
  /** Ports of the bridge by which it came, and will leave, while bridge-nf-call-iptables shows it to IP rules. */
  physicalInDevice?: string;
  physicalOutDevice?: string;
  /** Owner of the socket that sent it, for packets of this namespace. */
  readonly uid?: number;
  readonly tag?: TraceTag;
}
