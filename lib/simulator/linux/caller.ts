import { isLinkLocal6 } from '../base/ipv6-address.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { chooseSource6 } from './addresses.ts';
import type { Process, Socket } from './network.ts';
import type { CallResult, Errno, SocketId } from './program.ts';
import { lookUpFib } from './fib.ts';
import { isLocalAddress, sourceAddressFor } from './routes.ts';
import { type Stack } from './stack.ts';

export const failed = (error: Errno): CallResult => ({ ok: false, error });
export const opened = (socket: Socket): CallResult => ({ ok: true, socket: socket.id });

/** One process in one call: what every system call works with. */
export interface Caller {
  readonly stack: Stack;
  readonly process: Process;
  readonly tag: TraceTag | undefined;
}

/** `fe80::1%eth0`: a link-local address and the device that it lives on (RFC 4007 section 11). */
export function splitZone(text: string): { address: string; device?: string } {
  const [address = '', device] = text.split('%');
  return { address, ...(device === undefined ? {} : { device }) };
}

/** The preferred source of the local table: of an address its own, of `local 127.0.0.0/8 dev lo` 127.0.0.1. */
const sourceToSelf = (destination: string) =>
  destination.startsWith('127.') ? '127.0.0.1' : destination;

/** fib_props in fib_semantics.c: what a system call hears of a route that leads nowhere. */
const ROUTE_ERRORS = {
  none: 'ENETUNREACH',
  blackhole: 'EINVAL',
  unreachable: 'EHOSTUNREACH',
  prohibit: 'EACCES',
} as const satisfies Record<string, Errno>;

/** An own address to send from, or why a call fails. `reason`: where it is not routing's. */
type ChosenSource =
  | { readonly address: string }
  | { readonly error: Errno; readonly reason?: 'foreign-source' | 'no-zone' };

/** The source that the kernel would choose for a destination (ip_route_output), or why there is none. */
export function chooseSource(
  { stack }: Caller,
  destination: string,
  device?: string,
): ChosenSource {
  if (isLinkLocal6(destination)) {
    const source = device && chooseSource6(stack.namespace, destination, device);
    return source ? { address: source } : { error: 'EINVAL', reason: 'no-zone' };
  }
  const decision = lookUpFib(stack.namespace, destination);
  if (decision.type === 'local') return { address: sourceToSelf(destination) };
  if (decision.type !== 'unicast') return { error: ROUTE_ERRORS[decision.type] };
  const address = sourceAddressFor(stack.namespace, decision.route, destination);
  return address === undefined ? { error: 'EADDRNOTAVAIL' } : { address };
}

/** bind(2) to one address. */
export function bindTo({ stack }: Caller, address: string): ChosenSource {
  return isLocalAddress(stack.namespace, address)
    ? { address }
    : { error: 'EADDRNOTAVAIL', reason: 'foreign-source' };
}

export function ownSocket({ stack, process }: Caller, id: SocketId): Socket | undefined {
  const socket = stack.namespace.sockets[id];
  return socket?.pid === process.pid ? socket : undefined;
}
