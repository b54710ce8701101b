import type { Flow, SocketAddress } from '../base/flow.ts';

/** A tracked connection: the tuple of its first packet, and the tuple that answers have. */
export interface TrackedConnection {
  /** Id of the namespace. */
  readonly namespace: string;
  readonly original: Flow;
  readonly reply: Flow;
}

/** A packet on the wire: its source is known only behind the first machine that tracked it. */
export interface Wire {
  readonly protocol: Flow['protocol'];
  readonly source?: string;
  readonly sourcePort: number;
  readonly to: SocketAddress;
}

const isSameAddress = (a: SocketAddress, b: SocketAddress) =>
  a.address === b.address && a.port === b.port;

const isOn = ({ original }: TrackedConnection, wire: Wire) =>
  original.protocol === wire.protocol &&
  original.source.port === wire.sourcePort &&
  isSameAddress(original.destination, wire.to) &&
  (wire.source === undefined || wire.source === original.source.address);

/** The packet after the translation of this connection: as its answer names it, turned round. */
export const wireAfter = ({ original, reply }: TrackedConnection): Wire => ({
  protocol: original.protocol,
  source: reply.destination.address,
  sourcePort: reply.destination.port,
  to: reply.source,
});

/** The connections that one question was part of on its way, machine by machine, whatever was rewritten in between. */
export function followConnections(
  all: readonly TrackedConnection[],
  start: { readonly protocol: Flow['protocol']; readonly port: number; readonly to: SocketAddress },
): TrackedConnection[] {
  const wires: Wire[] = [{ protocol: start.protocol, sourcePort: start.port, to: start.to }];
  const found: TrackedConnection[] = [];
  for (let wire = wires.shift(); wire; wire = wires.shift()) {
    for (const connection of all) {
      if (found.includes(connection) || !isOn(connection, wire)) continue;
      found.push(connection);
      wires.push(wireAfter(connection));
    }
  }
  return found;
}

const text = ({ address, port }: SocketAddress) => `${address}:${port}`;

/** What a machine did with a connection, without the client's ports, which differ from run to run. */
export function describeConnection({ namespace, original, reply }: TrackedConnection): string {
  const before = `${original.source.address} > ${text(original.destination)}`;
  const after = `${reply.destination.address} > ${text(reply.source)}`;
  return before === after ? `${namespace}: ${before}` : `${namespace}: ${before} becomes ${after}`;
}

/** Where each machine sent the packet instead, by the machine's namespace. */
export function picksOf(connections: readonly TrackedConnection[]): Map<string, SocketAddress> {
  return new Map(
    connections
      .filter(({ original, reply }) => !isSameAddress(original.destination, reply.source))
      .map(({ namespace, reply }) => [namespace, reply.source]),
  );
}
