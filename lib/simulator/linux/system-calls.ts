import { nextFloat } from '../base/random.ts';
import type { SocketAddress } from '../base/flow.ts';
import { isLinkLocal6 } from '../base/ipv6-address.ts';
import type { Frame, IpPacket } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { addressesOn, chooseSource6 } from './addresses.ts';
import type { Process, Socket } from './network.ts';
import { ANY_DEVICE, addCapture, removeCaptures } from './capture.ts';
import type {
  CallResult,
  Errno,
  InterfaceView,
  ListenOptions,
  PacketOptions,
  SocketId,
  SystemCalls,
} from './program.ts';
import { lookUpFib } from './fib.ts';
import { waitingFor } from './listener.ts';
import { pathMtuTo } from './path-mtu.ts';
import { isLocalAddress, sourceAddressFor } from './routes.ts';
import {
  ANY_ADDRESS6,
  chooseEphemeralPort,
  createSocket,
  isAddressInUse,
  isAnyAddress,
  notify,
  payloadLength,
  removeSocket,
} from './sockets.ts';
import { placeIn, recordStep, type Sending, type Stack } from './stack.ts';
import { closeConnection, sendData, startConnection } from './tcp.ts';
import { DEFAULT_TTL, ipHeaderLength } from './tcp-segment.ts';
import { scheduleNetworkEvent, transmitFrame } from './transmit.ts';

const UDP_HEADER = 8;
const ECHO_HEADER = 8;
/** What ping sends. */
const ECHO_SIZE = 56;

const failed = (error: Errno): CallResult => ({ ok: false, error });
const opened = (socket: Socket): CallResult => ({ ok: true, socket: socket.id });

/** One process in one call: what every system call works with. */
interface Caller {
  readonly stack: Stack;
  readonly process: Process;
  readonly tag: TraceTag | undefined;
}

/** `fe80::1%eth0`: a link-local address and the device that it lives on (RFC 4007 section 11). */
function splitZone(text: string): { address: string; device?: string } {
  const [address = '', device] = text.split('%');
  return { address, ...(device === undefined ? {} : { device }) };
}

/** fib_props in fib_semantics.c: what a system call hears of a route that leads nowhere. */
const ROUTE_ERRORS = {
  none: 'ENETUNREACH',
  blackhole: 'EINVAL',
  unreachable: 'EHOSTUNREACH',
  prohibit: 'EACCES',
} as const satisfies Record<string, Errno>;

/** The source that the kernel would choose for a destination (ip_route_output), or why there is none. */
function chooseSource(
  { stack }: Caller,
  destination: string,
  device?: string,
): { readonly address: string } | { readonly error: Errno } {
  if (isLinkLocal6(destination)) {
    const source = device && chooseSource6(stack.namespace, destination, device);
    return source ? { address: source } : { error: 'EINVAL' };
  }
  const decision = lookUpFib(stack.namespace, destination);
  if (decision.type === 'local') return { address: destination };
  if (decision.type !== 'unicast') return { error: ROUTE_ERRORS[decision.type] };
  const address = sourceAddressFor(stack.namespace, decision.route, destination);
  return address === undefined ? { error: 'EADDRNOTAVAIL' } : { address };
}

/** bind(2) to one address. */
function bindTo(
  { stack }: Caller,
  address: string,
): { readonly address: string } | { readonly error: Errno } {
  return isLocalAddress(stack.namespace, address) ? { address } : { error: 'EADDRNOTAVAIL' };
}

function ownSocket({ stack, process }: Caller, id: SocketId): Socket | undefined {
  const socket = stack.namespace.sockets[id];
  return socket?.pid === process.pid ? socket : undefined;
}

function listen(
  { stack, process }: Caller,
  port: number,
  address = ANY_ADDRESS6,
  options: ListenOptions = {},
): CallResult {
  const local = { address, port };
  if (!isAnyAddress(address) && !isLocalAddress(stack.namespace, address)) {
    return failed('EADDRNOTAVAIL');
  }
  const { backlog, reusePort, accepts } = options;
  if (isAddressInUse(stack.namespace, 'tcp', local, reusePort)) return failed('EADDRINUSE');
  return opened(
    createSocket(stack.network, stack.namespace, {
      protocol: 'tcp',
      pid: process.pid,
      local,
      state: 'LISTEN',
      ...(backlog === undefined ? {} : { backlog }),
      ...(reusePort ? { reusePort } : {}),
      ...(accepts === 'when-asked' ? { acceptsWhenAsked: true } : {}),
    }),
  );
}

function accept(caller: Caller, id: SocketId): SocketId | undefined {
  const { stack, tag } = caller;
  const listener = ownSocket(caller, id);
  if (listener?.state !== 'LISTEN') return undefined;
  const [socket] = waitingFor(stack.namespace, listener);
  if (!socket?.peer) return undefined;
  delete socket.isQueued;
  const from = socket.peer;
  notify(stack, socket, { type: 'accepted', listener: id, socket: socket.id, from }, socket.tag);
  for (const payload of socket.unread ?? []) {
    notify(stack, socket, { type: 'data', socket: socket.id, payload }, socket.tag ?? tag);
  }
  delete socket.unread;
  if (socket.state === 'CLOSE-WAIT') {
    notify(stack, socket, { type: 'ended', socket: socket.id }, socket.tag);
  }
  return socket.id;
}

function connect(caller: Caller, to: SocketAddress, options: PacketOptions = {}): CallResult {
  const { stack, process, tag } = caller;
  const { address, device } = splitZone(to.address);
  const chosen = chooseSource(caller, address, device);
  const source =
    'error' in chosen || options.source === undefined ? chosen : bindTo(caller, options.source);
  if ('error' in source) return failed(source.error);
  const port = chooseEphemeralPort(stack, 'tcp', { address, port: to.port });
  if (port === undefined) return failed('EADDRNOTAVAIL');
  const socket = createSocket(stack.network, stack.namespace, {
    protocol: 'tcp',
    pid: process.pid,
    local: { address: source.address, port },
    peer: { address, port: to.port },
    ...(device === undefined ? {} : { device }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(tag ? { tag } : {}),
  });
  startConnection(stack, socket);
  return opened(socket);
}

function openUdp(
  caller: Caller,
  port = 0,
  address = ANY_ADDRESS6,
  { reusePort }: Pick<ListenOptions, 'reusePort'> = {},
): CallResult {
  const { stack, process, tag } = caller;
  const chosen = port === 0 ? chooseEphemeralPort(stack, 'udp') : port;
  if (chosen === undefined) return failed('EADDRNOTAVAIL');
  const local = { address, port: chosen };
  if (isAddressInUse(stack.namespace, 'udp', local, reusePort)) return failed('EADDRINUSE');
  return opened(
    createSocket(stack.network, stack.namespace, {
      protocol: 'udp',
      pid: process.pid,
      local,
      ...(reusePort ? { reusePort } : {}),
      ...(tag ? { tag } : {}),
    }),
  );
}

function openPing(caller: Caller): CallResult {
  const { stack, process, tag } = caller;
  const port = chooseEphemeralPort(stack, 'icmp');
  if (port === undefined) return failed('EADDRNOTAVAIL');
  return opened(
    createSocket(stack.network, stack.namespace, {
      protocol: 'icmp',
      pid: process.pid,
      local: { address: ANY_ADDRESS6, port },
      ...(tag ? { tag } : {}),
    }),
  );
}

type DatagramDraft = Pick<IpPacket, 'destination' | 'length' | 'transport'>;

/**
 * ip_make_skb with IP_PMTUDISC_WANT, as sockets are by default: DF is on where the packet fits into the way that is known;
 * what does not is cut here. An IPv6 header has no such bit.
 */
const mayForbidCutting = (
  { namespace, environment }: Stack,
  destination: string,
  length: number,
): boolean =>
  !destination.includes(':') && length <= pathMtuTo(namespace, destination, environment.queue.now);

/** Sends a packet of a socket that keeps no connection; no route is an error of the socket, netfilter's no one of the call. */
function sendDatagram(
  caller: Caller,
  socket: Socket,
  draft: DatagramDraft,
  options: PacketOptions = {},
): Sending {
  const { stack, process, tag } = caller;
  const { address: destination, device } = splitZone(draft.destination);
  const bound = options.source ?? socket.local.address;
  const source = isAnyAddress(bound)
    ? chooseSource(caller, destination, device)
    : bindTo(caller, bound);
  if ('error' in source) {
    notify(stack, socket, { type: 'failed', socket: socket.id, error: source.error }, tag);
    return 'sent';
  }
  const next = stack.environment.recorder.nextPacket(tag ?? socket.tag);
  const packet: IpPacket = {
    version: destination.includes(':') ? 6 : 4,
    source: source.address,
    ttl: options.ttl ?? DEFAULT_TTL,
    dontFragment: options.dontFragment ?? mayForbidCutting(stack, destination, draft.length),
    ...draft,
    destination,
  };
  recordStep(stack, next, packet, undefined, () => ({ kind: 'sent', process: process.program }));
  return stack.kernel.sendFromHere(stack, {
    packet,
    mark: 0,
    ...(device === undefined ? {} : { outDevice: device }),
    ...(next ? { tag: next } : {}),
  });
}

function sendTo(
  caller: Caller,
  id: SocketId,
  to: SocketAddress,
  payload: Payload,
  options?: PacketOptions,
): Sending {
  const socket = ownSocket(caller, id);
  if (socket?.protocol !== 'udp') return 'sent';
  const draft: DatagramDraft = {
    destination: to.address,
    length: ipHeaderLength(to.address) + UDP_HEADER + payloadLength(payload),
    transport: {
      protocol: 'udp',
      sourcePort: socket.local.port,
      destinationPort: to.port,
      payload,
    },
  };
  return sendDatagram(caller, socket, draft, options);
}

function sendEcho(
  caller: Caller,
  id: SocketId,
  to: string,
  sequence: number,
  options: PacketOptions = {},
): Sending {
  const socket = ownSocket(caller, id);
  if (socket?.protocol !== 'icmp') return 'sent';
  const draft: DatagramDraft = {
    destination: to,
    length: ipHeaderLength(to) + ECHO_HEADER + (options.size ?? ECHO_SIZE),
    transport: {
      protocol: to.includes(':') ? 'icmpv6' : 'icmp',
      type: 'echo-request',
      identifier: socket.local.port,
      sequence,
    },
  };
  return sendDatagram(caller, socket, draft, options);
}

function send(caller: Caller, id: SocketId, payload: Payload): void {
  const socket = ownSocket(caller, id);
  if (socket?.protocol !== 'tcp') return;
  if (caller.tag) socket.tag = caller.tag;
  sendData(caller.stack, socket, payload);
}

function openCapture({ stack, process }: Caller, device: string): CallResult {
  if (device !== ANY_DEVICE && !stack.namespace.links[device]) return failed('ENODEV');
  const socket = stack.network.nextSocket++;
  addCapture(stack.namespace, { socket, pid: process.pid, device });
  return { ok: true, socket };
}

const ownAddresses = ({ stack: { namespace } }: Caller) =>
  Object.values(namespace.links).flatMap((link) => addressesOn(namespace, link));

function sourceTo(caller: Caller, destination: string) {
  const source = chooseSource(caller, destination);
  if ('error' in source) return undefined;
  return (
    ownAddresses(caller).find(({ address }) => address === source.address) ?? {
      address: source.address,
      prefix: destination.includes(':') ? 128 : 32,
    }
  );
}

const interfacesOf = ({ stack }: Caller): InterfaceView[] =>
  Object.values(stack.namespace.links)
    .sort((a, b) => a.index - b.index)
    .map(({ name, kind, isUp, mac, mtu, addresses }) => ({
      name,
      kind: kind === 'loopback' ? 'loopback' : 'other',
      isUp,
      mac,
      mtu,
      addresses: addresses.map(({ address, prefix }) => ({ address, prefix })),
    }));

function sendFrame({ stack, process, tag }: Caller, id: SocketId, frame: Frame): void {
  const capture = stack.namespace.captures?.find(
    ({ socket, pid }) => socket === id && pid === process.pid,
  );
  if (capture) transmitFrame(stack, capture.device, frame, tag);
}

function close(caller: Caller, id: SocketId): void {
  const { namespace } = caller.stack;
  removeCaptures(namespace, ({ socket, pid }) => socket === id && pid === caller.process.pid);
  const socket = ownSocket(caller, id);
  if (!socket) return;
  if (socket.protocol !== 'tcp') {
    removeSocket(caller.stack, id);
    return;
  }
  if (caller.tag) socket.tag = caller.tag;
  closeConnection(caller.stack, socket);
}

function setTimer({ stack, process, tag }: Caller, name: string, delay: number): void {
  const token = process.nextTimer++;
  process.timers[name] = token;
  scheduleNetworkEvent(stack, delay, {
    type: 'timer',
    pid: process.pid,
    name,
    token,
    ...(tag ? { tag } : {}),
  });
}

/** A container runtime rotates its logs; here the oldest output goes. */
const OUTPUT_LIMIT = 1 << 20;

function append(process: Process, text: string): void {
  const output = process.output + text;
  process.output = output.length > OUTPUT_LIMIT ? output.slice(-OUTPUT_LIMIT / 2) : output;
}

/** The kernel as one process sees it, for the time of one call of its program. `tag`: the trace that causes it. */
export function createSystemCalls(
  stack: Stack,
  process: Process,
  tag: TraceTag | undefined,
  exit: (code: number) => void,
): SystemCalls {
  const caller: Caller = { stack, process, tag };
  const machine = stack.network.machines[stack.namespace.machine];
  return {
    now: stack.environment.queue.now,
    random: () => nextFloat(stack.environment.random),
    pid: process.pid,
    hostname: process.hostname,
    environment: process.environment,
    readFile: (path) => process.files[path] ?? machine?.files[path],
    localAddresses: () =>
      Object.values(stack.namespace.links)
        .filter((link) => link.kind !== 'loopback')
        .flatMap((link) => link.addresses.map(({ address }) => address)),
    listen: (port, address, options) => listen(caller, port, address, options),
    accept: (listener) => accept(caller, listener),
    ownAddresses: () => ownAddresses(caller),
    sourceTo: (destination) => sourceTo(caller, destination),
    interfaces: () => interfacesOf(caller),
    connect: (to, options) => connect(caller, to, options),
    send: (socket, payload) => send(caller, socket, payload),
    close: (socket) => close(caller, socket),
    openUdp: (port, address, options) => openUdp(caller, port, address, options),
    sendTo: (socket, to, payload, options) => sendTo(caller, socket, to, payload, options),
    openPing: () => openPing(caller),
    sendEcho: (socket, to, sequence, options) => sendEcho(caller, socket, to, sequence, options),
    openCapture: (device) => openCapture(caller, device),
    sendFrame: (socket, frame) => sendFrame(caller, socket, frame),
    localAddress: (socket) => ownSocket(caller, socket)?.local,
    peerAddress: (socket) => ownSocket(caller, socket)?.peer,
    setTimer: (name, delay) => setTimer(caller, name, delay),
    clearTimer: (name) => {
      delete process.timers[name];
    },
    print: (text) => append(process, text),
    printError: (text) => append(process, text),
    exit,
    // A program does not know where it runs: the place is the kernel's to say.
    record: (draft) =>
      stack.environment.recorder.record(tag, () => ({ ...draft, place: placeIn(stack) })),
  };
}
