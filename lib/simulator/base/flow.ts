/** Transport protocols as the kernel and Kubernetes name them, in lower case. */
export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmpv6';

/** An address (canonical text, see ip.ts) and a port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** A five-tuple. For ICMP echo both ports are the identifier. */
export interface Flow {
  readonly protocol: Protocol;
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `tcp 10.0.0.1:41288 → 10.96.0.1:80`. */
export function formatFlow(flow: Flow): string {
  const [from, to] = flow.protocol.startsWith('icmp')
    ? [flow.source.address, flow.destination.address]
    : [formatSocketAddress(flow.source), formatSocketAddress(flow.destination)];
  return `${flow.protocol} ${from} → ${to}`;
}
