import type { Micros } from '../base/clock.ts';
import type { SocketAddress } from '../base/flow.ts';
import type { IcmpType } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { StepDraft } from '../trace/step.ts';

export type SocketId = number;

/** Errors of system calls, by the names of errno(3). */
export type Errno =
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'ECONNRESET'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EMSGSIZE'
  | 'EINVAL'
  | 'EBADF';

export type CallResult =
  { readonly ok: true; readonly socket: SocketId } | { readonly ok: false; readonly error: Errno };

/** What a process hears. */
export type ProgramEvent =
  | { readonly type: 'connected'; readonly socket: SocketId }
  | {
      readonly type: 'accepted';
      readonly listener: SocketId;
      readonly socket: SocketId;
      readonly from: SocketAddress;
    }
  | { readonly type: 'data'; readonly socket: SocketId; readonly payload: Payload }
  | {
      readonly type: 'datagram';
      readonly socket: SocketId;
      readonly from: SocketAddress;
      readonly to: SocketAddress;
      readonly payload: Payload;
    }
  /** The other side has sent all it will (FIN). */
  | { readonly type: 'ended'; readonly socket: SocketId }
  /** Connection failed, was reset, or (UDP) an ICMP error came back. `from`: who sent the ICMP error. */
  | {
      readonly type: 'failed';
      readonly socket: SocketId;
      readonly error: Errno;
      readonly icmp?: { readonly type: IcmpType; readonly from: string };
    }
  | {
      readonly type: 'echo-reply';
      readonly socket: SocketId;
      readonly from: string;
      readonly sequence: number;
      readonly ttl: number;
    }
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' };

/** The kernel as a process sees it. Valid only during the call it was passed to. */
export interface SystemCalls {
  readonly now: Micros;
  /** In [0, 1), from the cluster's seed. */
  random(): number;
  readonly pid: number;
  readonly hostname: string;
  readonly environment: Readonly<Record<string, string>>;
  readFile(path: string): string | undefined;
  /** Addresses of the namespace's interfaces, without lo. */
  localAddresses(): readonly string[];

  listen(port: number, address?: string): CallResult;
  connect(to: SocketAddress): CallResult;
  send(socket: SocketId, payload: Payload): void;
  /** Sends FIN after what was sent (TCP), or frees the socket. */
  close(socket: SocketId): void;
  /** A UDP socket; port 0 or absent: an ephemeral one is bound at first use. */
  openUdp(port?: number, address?: string): CallResult;
  sendTo(socket: SocketId, to: SocketAddress, payload: Payload): void;
  /** A raw ICMP socket for echo requests, as ping opens. */
  openPing(): CallResult;
  sendEcho(socket: SocketId, to: string, sequence: number, ttl?: number): void;
  localAddress(socket: SocketId): SocketAddress | undefined;
  peerAddress(socket: SocketId): SocketAddress | undefined;

  /** One timer a name; setting it again moves it. Fires as a `timer` event. */
  setTimer(name: string, delay: Micros): void;
  clearTimer(name: string): void;
  /** Appends to the process's output; `kubectl logs` and the terminal read it. */
  print(text: string): void;
  printError(text: string): void;
  exit(code: number): void;
  /** Adds an application step (dns, http) to the trace of the event that is being handled. */
  record(draft: StepDraft): void;
}

/**
 * A program: its text. The state belongs to the process, is plain data, and is handed in at each call.
 * Programs never keep anything of their own between calls.
 */
export interface Program<State = unknown> {
  readonly name: string;
  /** State of a fresh process from its arguments (argv without argv[0], environment through calls). */
  start(args: readonly string[], calls: SystemCalls): State;
  handle(state: State, event: ProgramEvent, calls: SystemCalls): void;
}
