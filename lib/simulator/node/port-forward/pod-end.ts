import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { NETWORK_TARGET, type NetworkEnvironment } from '../../linux/environment.ts';
import type { Network, NetworkEvent } from '../../linux/network.ts';
import type { Errno, Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import type { Payload } from '../../packet/payload.ts';

/** The parts of a cluster that the two ends of a port-forward look at. */
export interface ForwardedCluster {
  readonly network: Network;
  readonly environment: NetworkEnvironment;
}

/** One forwarded connection, seen from the pod. Plain data. */
export interface ForwardState {
  readonly port: number;
  /** The process at the other end, which is woken when something happens here; absent: somebody looks by himself. */
  readonly otherEnd?: number;
  socket?: number;
  isOpen: boolean;
  /** Why 127.0.0.1 did not answer; ::1 is tried after it. */
  firstError?: string;
  error?: string;
  /** What came for the pod before the connection stood. */
  readonly waiting: (Payload | 'end')[];
  /** What the pod has sent; whoever holds the other end takes it out. */
  readonly fromPod: Payload[];
}

/** The program's name: its arguments are the port, and the pid of the other end. */
export const POD_END = 'port-forward';

/** No socket has this number: what a process hears of it comes through the tunnel. */
const TUNNEL = 0;

/**
 * Hands something to the pod's end of a connection. Simplified: the tunnel through API server and kubelet costs no packets and
 * no time.
 */
export function tellPod({ queue }: NetworkEnvironment, pid: number, item: Payload | 'end'): void {
  const event: ProgramEvent =
    item === 'end'
      ? { type: 'ended', socket: TUNNEL }
      : { type: 'data', socket: TUNNEL, payload: item };
  queue.schedule(0, NETWORK_TARGET, { type: 'notify', pid, event } satisfies NetworkEvent);
}

/** The pod that a connection goes to: its uid, and the network namespace. */
export interface ForwardTarget {
  readonly uid: string;
  readonly netns: string;
  readonly hostNetwork: boolean;
}

/**
 * The kubelet's words about a port that did not answer, with containerd's in them; without `error` the pod's namespace is gone.
 * Simplified: the sandbox's id is made from the pod's uid.
 */
export function forwardProblem(
  port: number,
  { uid, netns, hostNetwork }: ForwardTarget,
  error: string | undefined,
): string {
  const id = bytesToHex(sha256(utf8ToBytes(`sandbox ${uid}`)));
  const path = hostNetwork ? 'host' : `/var/run/netns/${netns}`;
  const why =
    error === undefined
      ? `network namespace for sandbox "${id}" is closed`
      : `failed to execute portforward in network namespace "${path}": failed to connect to localhost:${port} inside namespace "${id}", ${error}`;
  return `error forwarding port ${port} to pod ${id}, uid : ${why}`;
}

const WORDS: Partial<Record<Errno, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ETIMEDOUT: 'connect: connection timed out',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
};

function dial(state: ForwardState, calls: SystemCalls, address: '127.0.0.1' | '::1'): void {
  const opened = calls.connect({ address, port: state.port });
  if (opened.ok) state.socket = opened.socket;
  else fail(state, opened.error, calls);
}

function fail(state: ForwardState, error: Errno, calls: SystemCalls): void {
  const words = WORDS[error] ?? `connect: ${error}`;
  if (state.isOpen) return calls.exit(1);
  if (state.firstError === undefined) {
    state.firstError = `dial tcp4 127.0.0.1:${state.port}: ${words}`;
    return dial(state, calls, '::1');
  }
  state.error = `IPv4: ${state.firstError} IPv6 dial tcp6 [::1]:${state.port}: ${words} `;
  calls.exit(1);
}

function sendWaiting({ socket, waiting, isOpen }: ForwardState, calls: SystemCalls): void {
  if (socket === undefined || !isOpen) return;
  for (const item of waiting.splice(0)) {
    if (item === 'end') calls.close(socket);
    else calls.send(socket, item);
  }
}

function hearTunnel(state: ForwardState, item: Payload | 'end', calls: SystemCalls): void {
  state.waiting.push(item);
  sendWaiting(state, calls);
}

function hear(state: ForwardState, event: ProgramEvent, calls: SystemCalls): void {
  switch (event.type) {
    case 'connected':
      state.isOpen = true;
      return sendWaiting(state, calls);
    case 'data':
      if (event.socket === TUNNEL) return hearTunnel(state, event.payload, calls);
      state.fromPod.push(event.payload);
      return;
    case 'ended':
      if (event.socket === TUNNEL) return hearTunnel(state, 'end', calls);
      return calls.exit(0);
    case 'failed':
      return fail(state, event.error, calls);
    case 'signal':
      return calls.exit(0);
    case 'timer':
    case 'accepted':
    case 'connection-waiting':
    case 'datagram':
    case 'captured':
    case 'redirected':
    case 'echo-reply':
      return;
  }
}

/** Wakes the other end; without it there is nobody left to carry anything for. */
function wake({ otherEnd }: ForwardState, calls: SystemCalls, cluster: ForwardedCluster): void {
  if (otherEnd === undefined) return;
  const process = cluster.network.processes[otherEnd];
  if (!process || process.exitCode !== undefined) return calls.exit(0);
  const event: NetworkEvent = {
    type: 'notify',
    pid: otherEnd,
    event: { type: 'timer', name: String(calls.pid) },
  };
  cluster.environment.queue.schedule(0, NETWORK_TARGET, event);
}

/**
 * The end of a port-forward in the pod's network namespace: it dials the pod's own localhost, IPv4 first, as containerd
 * does (pkg/cri/server/sandbox_portforward_linux.go), so rules of the pod's namespace and what listens there decide.
 */
export function createPodEnd(cluster: () => ForwardedCluster): Program<ForwardState> {
  return {
    name: POD_END,
    start([port, otherEnd], calls) {
      const state: ForwardState = {
        port: Number(port),
        isOpen: false,
        waiting: [],
        fromPod: [],
        ...(otherEnd === undefined ? {} : { otherEnd: Number(otherEnd) }),
      };
      dial(state, calls, '127.0.0.1');
      wake(state, calls, cluster());
      return state;
    },
    handle(state, event, calls) {
      hear(state, event, calls);
      wake(state, calls, cluster());
    },
  };
}
