import type { Errno, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';

/** A TCP connection to a name or an address on its way. Plain data, kept by the program that asked for it. */
export interface Dial {
  readonly host: string;
  readonly port: number;
  readonly resolver: ResolverState;
  socket?: SocketId;
}

export type DialResult =
  | { readonly type: 'connected'; readonly socket: SocketId }
  | { readonly type: 'unknown-name'; readonly text: string }
  | { readonly type: 'refused'; readonly error: Errno };

function connect(dial: Dial, calls: SystemCalls): DialResult | undefined {
  const found = dial.resolver.result;
  if (!found) return undefined;
  if (!found.ok) return { type: 'unknown-name', text: resolutionErrorText(found.error, calls) };
  const opened = calls.connect({ address: found.addresses[0] ?? '', port: dial.port });
  if (!opened.ok) return { type: 'refused', error: opened.error };
  dial.socket = opened.socket;
  return undefined;
}

/** Looks the name up and connects. A result comes at once when there is nothing to wait for. */
export function startDial(
  host: string,
  port: number,
  calls: SystemCalls,
): { readonly dial: Dial; readonly result?: DialResult } {
  const dial: Dial = { host, port, resolver: startResolver(host, ['A', 'AAAA'], calls) };
  const result = connect(dial, calls);
  return result ? { dial, result } : { dial };
}

/** Takes an event that may be about it; the result, when there is one. */
export function advanceDial(
  dial: Dial,
  event: ProgramEvent,
  calls: SystemCalls,
): DialResult | undefined {
  if (!dial.resolver.result) {
    return advanceResolver(dial.resolver, event, calls) ? connect(dial, calls) : undefined;
  }
  if (event.type === 'connected' && event.socket === dial.socket) {
    return { type: 'connected', socket: event.socket };
  }
  return event.type === 'failed' && event.socket === dial.socket
    ? { type: 'refused', error: event.error }
    : undefined;
}
