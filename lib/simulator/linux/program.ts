import type { Micros } from '../base/clock.ts';
import type { SocketAddress } from '../base/flow.ts';
import type { Frame, IcmpType } from '../packet/packet.ts';
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
  | 'EACCES'
  | 'EMSGSIZE'
  | 'EINVAL'
  | 'EBADF'
  | 'ENODEV';

export type CallResult =
  { readonly ok: true; readonly socket: SocketId } | { readonly ok: false; readonly error: Errno };

/** What listen() is told besides the address. */
export interface ListenOptions {
  /** TCP when absent. */
  readonly protocol?: 'sctp';
  /** How many connections may wait to be accepted; 4096 when absent. */
  readonly backlog?: number;
  /** SO_REUSEPORT: others that say so too may listen on the same address, and share what comes. */
  readonly reusePort?: true;
  /** `when-asked`: connections wait until the process calls accept; else it takes each at once. */
  readonly accepts?: 'at-once' | 'when-asked';
}

/** `sll_pkttype` of a captured frame, as the kernel tells a packet socket. */
export type CapturedAs = 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing';

/** What a process hears. */
export type ProgramEvent =
  | { readonly type: 'connected'; readonly socket: SocketId }
  | {
      readonly type: 'accepted';
      readonly listener: SocketId;
      readonly socket: SocketId;
      readonly from: SocketAddress;
    }
  /** A listener that accepts when it is asked has a connection to accept. */
  | { readonly type: 'connection-waiting'; readonly listener: SocketId }
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
  /** A frame that passed a device which a packet socket watches. */
  | {
      readonly type: 'captured';
      readonly socket: SocketId;
      readonly device: string;
      readonly as: CapturedAs;
      readonly frame: Frame;
    }
  /**
   * Connection failed, was reset, or (UDP) an ICMP error came back. `from`: who sent the ICMP error; `ttl`: what was left of its
   * hops; `mtu`: of fragmentation-needed; `sequence`: of the echo request that it is about.
   */
  | {
      readonly type: 'failed';
      readonly socket: SocketId;
      readonly error: Errno;
      readonly icmp?: {
        readonly type: IcmpType;
        readonly from: string;
        readonly ttl?: number;
        readonly mtu?: number;
        readonly sequence?: number;
      };
    }
  /** A router said that there is a better way for an echo request; it went on its way all the same. */
  | {
      readonly type: 'redirected';
      readonly socket: SocketId;
      readonly from: string;
      readonly gateway: string;
      readonly sequence: number;
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

/** What setsockopt(2) says about one packet, or about a connection. */
export interface PacketOptions {
  /** IP_TTL. */
  readonly ttl?: number;
  /** IP_MTU_DISCOVER. */
  readonly dontFragment?: boolean;
  /** The bound source address. */
  readonly source?: string;
  /** Echo requests: bytes of data, 56 when absent. */
  readonly size?: number;
}

/** What a connection is told besides. `protocol`: TCP when absent. */
export interface ConnectOptions extends PacketOptions {
  readonly protocol?: 'sctp';
  /** bind(2) to a port first; absent: an ephemeral one. */
  readonly sourcePort?: number;
}

/** What a process learns of an interface (getifaddrs). */
export interface InterfaceView {
  readonly name: string;
  readonly kind: 'loopback' | 'other';
  readonly isUp: boolean;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

/** An address of an interface, with the length of its network's prefix. */
export interface AddressWithPrefix {
  readonly address: string;
  readonly prefix: number;
}

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
  /** Every address of the namespace, lo's and the link-local ones too (getifaddrs). */
  ownAddresses(): readonly AddressWithPrefix[];
  /** The own address that packets to a destination would carry; undefined when no route leads there. */
  sourceTo(destination: string): AddressWithPrefix | undefined;
  /** The namespace's interfaces by index. */
  interfaces(): readonly InterfaceView[];

  listen(port: number, address?: string, options?: ListenOptions): CallResult;
  /** accept(2): the oldest connection that waits for a listener; undefined when none does. */
  accept(listener: SocketId): SocketId | undefined;
  connect(to: SocketAddress, options?: ConnectOptions): CallResult;
  send(socket: SocketId, payload: Payload): void;
  /** Sends FIN after what was sent (of SCTP: SHUTDOWN), or frees the socket. */
  close(socket: SocketId): void;
  /** A UDP socket; port 0 or absent: an ephemeral one is bound at first use. */
  openUdp(port?: number, address?: string, options?: Pick<ListenOptions, 'reusePort'>): CallResult;
  /** `EPERM`: netfilter refused it on the way out. Most programs take no notice, and wait. */
  sendTo(
    socket: SocketId,
    to: SocketAddress,
    payload: Payload,
    options?: PacketOptions,
  ): 'sent' | 'EPERM';
  /** A raw ICMP socket for echo requests, as ping opens. */
  openPing(): CallResult;
  sendEcho(
    socket: SocketId,
    to: string,
    sequence: number,
    options?: PacketOptions,
  ): 'sent' | 'EPERM';
  /** A packet socket on a device or ANY_DEVICE: `captured` events until it is closed. */
  openCapture(device: string): CallResult;
  /** Puts a frame on the device of a packet socket. */
  sendFrame(socket: SocketId, frame: Frame): void;
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
