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
  readonly tag?: TraceTag;
}
