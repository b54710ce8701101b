import type { Flow, SocketAddress } from '../base/flow.ts';
import { picksOf, wireAfter, type TrackedConnection, type Wire } from './connections.ts';

/**
 * The first packet of a connection where a machine sends it on: its destination is rewritten already. Connection tracking
 * tells nobody of a packet that is dropped there, and so this is how the endpoint is known that it would have gone to.
 */
export interface Sighting extends Flow {
  /** Id of the namespace. */
  readonly namespace: string;
}

const FAMILIES = ['ip', 'ip6'] as const;
const TABLE = 'sightings';

/** Not part of the comparison: it keeps what it sees, and lets it go on. Before every chain that may drop a packet. */
export const SIGHTINGS_TABLES = FAMILIES.map((family) => {
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  return `table ${family} ${TABLE} {
  set seen {
    type inet_proto . ${address} . inet_service . ${address} . inet_service
    size 65535
    flags dynamic
  }
  chain forward {
    type filter hook forward priority -200
    ct state new update @seen { meta l4proto . ${family} saddr . th sport . ${family} daddr . th dport }
  }
}
`;
}).join('');

/** What nft is told to print a set: one at a time, for nft 1.0.6 forgets the first table while it looks for the second. */
export const SIGHTINGS_QUESTIONS = FAMILIES.map(
  (family) => ['-j', 'list', 'set', family, TABLE, 'seen'] as const,
);

interface Listing {
  readonly nftables: readonly {
    readonly set?: { readonly elem?: readonly { readonly concat: readonly (string | number)[] }[] };
  }[];
}

const PROTOCOLS: Readonly<Record<string, Flow['protocol']>> = { tcp: 'tcp', udp: 'udp' };

/** Reads what nft printed. */
export function readSightings(output: string, namespace: string): Sighting[] {
  const { nftables } = JSON.parse(output) as Listing;
  const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
  return elements.flatMap(({ concat: [l4proto, source, port, destination, to] }) => {
    const protocol = PROTOCOLS[String(l4proto)];
    if (!protocol) return [];
    return {
      namespace,
      protocol,
      source: { address: String(source), port: Number(port) },
      destination: { address: String(destination), port: Number(to) },
    };
  });
}

/** Where each machine sent a question, or would have: from its connections, and from what was seen of it besides. */
export function picksSeen(
  connections: readonly TrackedConnection[],
  sightings: readonly Sighting[],
  start: Wire & { readonly sources: readonly string[] },
): Map<string, SocketAddress> {
  const picks = new Map<string, SocketAddress>();
  const wires: Wire[] = [
    ...start.sources.map((source) => ({ ...start, source })),
    ...connections.map(wireAfter),
  ];
  for (const { namespace, protocol, source, destination } of sightings) {
    const wire = wires.find(
      (each) =>
        each.protocol === protocol &&
        each.source === source.address &&
        each.sourcePort === source.port,
    );
    const isSame = wire?.to.address === destination.address && wire.to.port === destination.port;
    if (wire && !isSame) picks.set(namespace, destination);
  }
  return new Map([...picks, ...picksOf(connections)]);
}
