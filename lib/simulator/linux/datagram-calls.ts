import type { SocketAddress } from '../base/flow.ts';
import type { IpPacket } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { Socket } from './network.ts';
import type { CallResult, ListenOptions, PacketOptions, SocketId } from './program.ts';
import { pathMtuTo } from './path-mtu.ts';
import { recordNotSent } from './record-not-sent.ts';
import {
  ANY_ADDRESS6,
  chooseEphemeralPort,
  createSocket,
  isAddressInUse,
  isAnyAddress,
  notify,
  payloadLength,
} from './sockets.ts';
import { socketBuffer } from './socket-buffer.ts';
import { recordStep, type Sending, type Stack } from './stack.ts';
import { DEFAULT_TTL, ipHeaderLength } from './tcp-segment.ts';

import {
  bindTo,
  chooseSource,
  failed,
  opened,
  ownSocket,
  splitZone,
  type Caller,
} from './caller.ts';

const UDP_HEADER = 8;
const ECHO_HEADER = 8;
/** What ping sends. */
const ECHO_SIZE = 56;

export function openUdp(
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

export function openPing(caller: Caller): CallResult {
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
    const { error, reason } = source;
    recordNotSent(caller, {
      call: 'sendto',
      protocol: socket.protocol,
      to: {
        address: draft.destination,
        port: 'destinationPort' in draft.transport ? draft.transport.destinationPort : 0,
      },
      error,
      ...(isAnyAddress(bound) ? {} : { source: bound }),
      ...(reason === undefined ? {} : { reason }),
    });
    notify(stack, socket, { type: 'failed', socket: socket.id, error }, tag);
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
  const skb = socketBuffer(packet, next, { out: device });
  skb.uid = process.uid ?? 0;
  return stack.kernel.sendFromHere(stack, skb);
}

export function sendTo(
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

export function sendEcho(
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
