import { frameLength, type Frame } from '../packet/packet.ts';

/** What a device has counted (struct rtnl_link_stats64): plain numbers, one addition a frame. */
export interface Traffic {
  receivedBytes: number;
  receivedPackets: number;
  receivedDropped: number;
  sentBytes: number;
  sentPackets: number;
  sentDropped: number;
}

/** A new device's. */
export const noTraffic = (): Traffic => ({
  receivedBytes: 0,
  receivedPackets: 0,
  receivedDropped: 0,
  sentBytes: 0,
  sentPackets: 0,
  sentDropped: 0,
});

/** Of a link: what sort of device it is, and what it has counted. */
interface Counting {
  readonly kind: string;
  readonly traffic: Traffic;
}

const ETHERNET_HEADER = 14;

/**
 * A device has taken a frame in. A veth counts the Ethernet header (veth_xmit); what hands a packet up from another device
 * counts without it (br_pass_frame_up, vxlan_rcv).
 */
export function countReceived({ kind, traffic }: Counting, frame: Frame): void {
  traffic.receivedPackets += 1;
  traffic.receivedBytes += frameLength(frame) - (kind === 'veth' ? 0 : ETHERNET_HEADER);
}

/** A device has put a frame out; a tunnel counts what is inside from its IP header on (iptunnel_xmit_stats). */
export function countSent({ kind, traffic }: Counting, frame: Frame): void {
  traffic.sentPackets += 1;
  traffic.sentBytes += frameLength(frame) - (kind === 'vxlan' ? ETHERNET_HEADER : 0);
}

/** loopback_xmit: what goes out comes in, as long as the IP packet is. */
export function countLooped({ traffic }: Counting, length: number): void {
  traffic.sentPackets += 1;
  traffic.sentBytes += length;
  traffic.receivedPackets += 1;
  traffic.receivedBytes += length;
}
