import { formatSocketAddress, type SocketAddress } from '../base/flow.ts';
import { nextInt } from '../base/random.ts';
import { dnsMessageLength } from '../packet/dns-message.ts';
import type { Payload } from '../packet/payload.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { directedFlowHash, scaleHash } from './flow-hash.ts';
import type { Network, NetworkNamespace, Socket } from './network.ts';
import type { ProgramEvent, SocketId } from './program.ts';
import { putSocket, socketsAtPort, takeSocket } from './socket-index.ts';
import type { Stack } from './stack.ts';
import { scheduleNetworkEvent } from './transmit.ts';

/** net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;
export const ANY_ADDRESS = '0.0.0.0';
/** Any address of either family: an IPv6 socket takes IPv4 as well (net.ipv6.bindv6only is 0). */
export const ANY_ADDRESS6 = '::';

/** Whether a socket with this address is bound to none in particular. */
export const isAnyAddress = (address: string) =>
  address === ANY_ADDRESS || address === ANY_ADDRESS6;

/**
 * The local end as ss(8) shows it: `10.0.0.1:80`, `[fd00::1]:80`, `*:80` for any of both families, `[::]:80` for any of IPv6.
 */
export const formatLocal = ({ local, isIpv6Only }: Pick<Socket, 'local' | 'isIpv6Only'>) =>
  local.address === ANY_ADDRESS6 && !isIpv6Only ? `*:${local.port}` : formatSocketAddress(local);

/** Whether a socket that is bound to `bound` takes what is addressed to `address`. */
const takes = (bound: string, address: string) =>
  bound === address || bound === ANY_ADDRESS6 || (bound === ANY_ADDRESS && !address.includes(':'));

/** A fresh socket of a process, registered in its namespace. */
export function createSocket(
  network: Network,
  namespace: NetworkNamespace,
  draft: Pick<Socket, 'protocol' | 'pid' | 'local'> & Partial<Socket>,
): Socket {
  const socket: Socket = {
    sendSequence: 0,
    receiveSequence: 0,
    unacknowledged: [],
    retransmit: { count: 0, token: 0 },
    sendQueue: [],
    ...draft,
    id: network.nextSocket++,
  };
  putSocket(namespace, socket);
  return socket;
}

export function removeSocket({ namespace }: Stack, id: SocketId): void {
  takeSocket(namespace, id);
}

export const socketsOf = (namespace: NetworkNamespace) => Object.values(namespace.sockets);

/** __inet_hash_connect: a port serves several connections, unless they go to the same peer or somebody is bound to it. */
export function isPortTaken(
  namespace: NetworkNamespace,
  protocol: Socket['protocol'],
  port: number,
  to: SocketAddress | undefined,
): boolean {
  for (const { protocol: other, peer } of socketsAtPort(namespace, port)) {
    if (other !== protocol) continue;
    if (!to || !peer || (peer.address === to.address && peer.port === to.port)) return true;
  }
  return false;
}

/**
 * A free port of the ephemeral range, from a random start as the kernel draws it; undefined when all are taken.
 *
 * @param to the peer of a connection
 */
export function chooseEphemeralPort(
  { namespace, environment }: Stack,
  protocol: Socket['protocol'],
  to?: SocketAddress,
): number | undefined {
  const size = LAST_PORT - FIRST_PORT + 1;
  const start = nextInt(environment.random, size);
  for (let i = 0; i < size; i++) {
    const port = FIRST_PORT + ((start + i) % size);
    if (!isPortTaken(namespace, protocol, port, to)) return port;
  }
  return undefined;
}

/**
 * Whether a listener or bound UDP socket would clash (EADDRINUSE). Sockets that all say SO_REUSEPORT do not.
 * Simplified: processes of every user may share a port.
 */
export function isAddressInUse(
  namespace: NetworkNamespace,
  protocol: 'tcp' | 'udp' | 'sctp',
  { address, port }: SocketAddress,
  reusePort?: true,
): boolean {
  return [...socketsAtPort(namespace, port)].some(
    (socket) =>
      socket.protocol === protocol &&
      (protocol === 'udp' || socket.state === 'LISTEN') &&
      !(reusePort && socket.reusePort) &&
      !(socket.isIpv6Only && !address.includes(':')) &&
      (takes(socket.local.address, address) || takes(address, socket.local.address)),
  );
}

/** compute_score: an address counts more than none, one family more than both. */
const boundScore = (address: string) =>
  isAnyAddress(address) ? (address === ANY_ADDRESS ? 1 : 0) : 2;

/** Whether a socket at the port takes what goes `from` there `to` here: as an end of that connection, or because it is bound or listens. */
function isMeant(
  { protocol, local, isIpv6Only, peer, state, association }: Socket,
  from: SocketAddress,
  to: SocketAddress,
): boolean {
  if (!takes(local.address, to.address)) return false;
  if (isIpv6Only && !to.address.includes(':')) return false;
  if (association?.state === 'CLOSED') return false;
  if (peer) return peer.address === from.address && peer.port === from.port;
  return protocol === 'udp' || state === 'LISTEN';
}

/** reuseport_select_sock: of the sockets that share an address a hash of the five-tuple picks one, always the same. */
function pickFromGroup(
  group: readonly Socket[],
  protocol: 'tcp' | 'udp' | 'sctp',
  source: SocketAddress,
  destination: SocketAddress,
): Socket | undefined {
  if (group.length < 2) return group[0];
  return group[scaleHash(directedFlowHash({ protocol, source, destination }), group.length)];
}

/** The established socket of a connection, or the most specific one that is bound to the destination. */
export function findSocket(
  namespace: NetworkNamespace,
  protocol: 'tcp' | 'udp' | 'sctp',
  from: SocketAddress,
  to: SocketAddress,
): Socket | undefined {
  let best: Socket[] = [];
  let bestScore = -1;
  for (const socket of socketsAtPort(namespace, to.port)) {
    if (socket.protocol !== protocol || !isMeant(socket, from, to)) continue;
    const score = (socket.peer ? 4 : 0) + boundScore(socket.local.address);
    if (score > bestScore) [best, bestScore] = [[socket], score];
    else if (score === bestScore && socket.reusePort && !socket.peer) best.push(socket);
  }
  return pickFromGroup(best, protocol, from, to);
}

/** Whose packets they are that a socket sends (sk_uid): nobody's once its process has closed it (sock_orphan). */
export const ownerOf = ({ network }: Stack, { pid, isOrphan }: Socket): number | undefined => {
  const process = isOrphan ? undefined : network.processes[pid];
  return process && (process.uid ?? 0);
};

/** Tells a socket's process something, by the queue. */
export function notify(
  stack: Stack,
  socket: Socket,
  event: ProgramEvent,
  tag: TraceTag | undefined,
): void {
  if (socket.isOrphan) return;
  scheduleNetworkEvent(stack, 0, {
    type: 'notify',
    pid: socket.pid,
    event,
    ...(tag ? { tag } : {}),
  });
}

const encodedLength = (text: string) => {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
};

/** Bytes of a payload on the wire. Simplified: the length that goes before a DNS message on TCP is not counted. */
export function payloadLength(payload: Payload): number {
  switch (payload.kind) {
    case 'bytes':
      return encodedLength(payload.text);
    case 'dns':
      return dnsMessageLength(payload.message);
    case 'http-request': {
      const { method, target, headers, body } = payload.request;
      return method.length + target.length + 12 + headersLength(headers) + encodedLength(body);
    }
    case 'http-response': {
      const { reason, headers, body } = payload.response;
      return 15 + reason.length + headersLength(headers) + encodedLength(body);
    }
  }
}

const headersLength = (headers: readonly (readonly [string, string])[]) =>
  2 + headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
