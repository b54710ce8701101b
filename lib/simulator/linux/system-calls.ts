import { nextFloat } from '../base/random.ts';
import type { SocketAddress } from '../base/flow.ts';
import type { Frame } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { NotSentReason } from '../trace/step.ts';
import { addressesOn } from './addresses.ts';
import type { Process } from './network.ts';
import { ANY_DEVICE, addCapture, removeCaptures } from './capture.ts';
import type {
  CallResult,
  Errno,
  InterfaceView,
  ListenOptions,
  ConnectOptions,
  SocketId,
  SystemCalls,
} from './program.ts';
import { waitingFor } from './listener.ts';
import { recordNotSent } from './record-not-sent.ts';
import { isLocalAddress } from './routes.ts';
import {
  ANY_ADDRESS6,
  chooseEphemeralPort,
  isPortTaken,
  createSocket,
  isAddressInUse,
  isAnyAddress,
  notify,
  removeSocket,
} from './sockets.ts';
import { placeIn, type Stack } from './stack.ts';
import { closeAssociation, sendMessage, startAssociation } from './sctp.ts';
import { closeConnection, sendData, startConnection } from './tcp.ts';
import { scheduleNetworkEvent, transmitFrame } from './transmit.ts';

import {
  bindTo,
  chooseSource,
  failed,
  opened,
  ownSocket,
  splitZone,
  type Caller,
} from './caller.ts';
import { openPing, openUdp, sendEcho, sendTo } from './datagram-calls.ts';

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
  const { backlog, reusePort, accepts, protocol = 'tcp' } = options;
  if (isAddressInUse(stack.namespace, protocol, local, reusePort)) return failed('EADDRINUSE');
  return opened(
    createSocket(stack.network, stack.namespace, {
      protocol,
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

/** The port that was asked for, unless it has a connection to that peer already; else an ephemeral one. */
function portFor(
  stack: Stack,
  protocol: 'tcp' | 'sctp',
  peer: SocketAddress,
  wanted: number | undefined,
): number | undefined {
  if (wanted === undefined) return chooseEphemeralPort(stack, protocol, peer);
  return isPortTaken(stack.namespace, protocol, wanted, peer) ? undefined : wanted;
}

function connect(caller: Caller, to: SocketAddress, options: ConnectOptions = {}): CallResult {
  const { stack, process, tag } = caller;
  const { protocol = 'tcp' } = options;
  const { address, device } = splitZone(to.address);
  const chosen = chooseSource(caller, address, device);
  const source =
    'error' in chosen || options.source === undefined ? chosen : bindTo(caller, options.source);
  const refuse = (error: Errno, reason?: NotSentReason): CallResult => {
    recordNotSent(caller, {
      call: 'connect',
      protocol,
      to,
      error,
      ...(options.source === undefined ? {} : { source: options.source }),
      ...(reason === undefined ? {} : { reason }),
    });
    return failed(error);
  };
  if ('error' in source) return refuse(source.error, source.reason);
  const port = portFor(stack, protocol, { address, port: to.port }, options.sourcePort);
  if (port === undefined) return refuse('EADDRNOTAVAIL', 'ports-used-up');
  const socket = createSocket(stack.network, stack.namespace, {
    protocol,
    pid: process.pid,
    local: { address: source.address, port },
    peer: { address, port: to.port },
    ...(device === undefined ? {} : { device }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(tag ? { tag } : {}),
  });
  if (protocol === 'sctp') startAssociation(stack, socket);
  else startConnection(stack, socket);
  return opened(socket);
}

function send(caller: Caller, id: SocketId, payload: Payload): void {
  const socket = ownSocket(caller, id);
  if (socket?.protocol !== 'tcp' && socket?.protocol !== 'sctp') return;
  if (caller.tag) socket.tag = caller.tag;
  if (socket.protocol === 'sctp') sendMessage(caller.stack, socket, payload);
  else sendData(caller.stack, socket, payload);
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
  if (socket.protocol !== 'tcp' && socket.protocol !== 'sctp') {
    removeSocket(caller.stack, id);
    return;
  }
  if (caller.tag) socket.tag = caller.tag;
  if (socket.protocol === 'sctp') closeAssociation(caller.stack, socket);
  else closeConnection(caller.stack, socket);
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
