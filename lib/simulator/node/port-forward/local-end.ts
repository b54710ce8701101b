import { formatMicroTime } from '../../base/clock.ts';
import { formatSocketAddress } from '../../base/flow.ts';
import type { CallResult, Errno, Program, SocketId, SystemCalls } from '../../linux/program.ts';
import { removeProcess, signalProcess, startProcess } from '../../linux/process.ts';
import {
  forwardProblem,
  POD_END,
  tellPod,
  type ForwardedCluster,
  type ForwardState,
  type ForwardTarget,
} from './pod-end.ts';

/** An address to listen on. `all`: it fails only with all of its kind, as the two of localhost do. */
export interface ListenAddress {
  readonly address: string;
  readonly fails: 'all' | 'any';
}

/** A pair of ports; `local` 0: any that is free. */
export interface ForwardedPort {
  readonly local: number;
  readonly remote: number;
}

/** What one `kubectl port-forward` does; the process has it as JSON in its only argument. */
export interface ForwardRequest extends ForwardTarget {
  readonly pod: string;
  readonly addresses: readonly ListenAddress[];
  readonly ports: readonly ForwardedPort[];
}

/** Plain data. */
interface LocalState {
  readonly request: ForwardRequest;
  readonly listeners: Record<SocketId, ForwardedPort>;
  /** Accepted connections, each with the pid of its end in the pod. */
  readonly connections: Record<SocketId, ForwardedPort & { readonly pid: number }>;
}

/** The program's name, as ss(8) shows it. No image has a kubectl, so no container starts it. */
export const LOCAL_END = 'kubectl';

const WORDS: Partial<Record<Errno, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

/** net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;

/** Listens on a port, on any that is free when it is 0. Simplified: `::` takes IPv4 as well. */
function bind(
  calls: SystemCalls,
  address: string,
  port: number,
): { readonly port: number; readonly opened: CallResult } {
  if (port !== 0) return { port, opened: calls.listen(port, address) };
  const start = Math.floor(calls.random() * PORTS);
  let opened: CallResult = { ok: false, error: 'EADDRINUSE' };
  let drawn = 0;
  for (let i = 0; i < PORTS && !opened.ok && opened.error === 'EADDRINUSE'; i++) {
    drawn = FIRST_PORT + ((start + i) % PORTS);
    opened = calls.listen(drawn, address);
  }
  return { port: opened.ok ? drawn : 0, opened };
}

/** Listens on a port of every address. The local port that it became, and whether that is enough. */
function listenOn(
  { remote, local }: ForwardedPort,
  state: LocalState,
  calls: SystemCalls,
): { readonly port: ForwardedPort; readonly ok: boolean } {
  const errors: string[] = [];
  const failed: ListenAddress[] = [];
  let port: ForwardedPort = { local, remote };
  for (const each of state.request.addresses) {
    const { address } = each;
    const { opened, port: bound } = bind(calls, address, port.local);
    const shown = formatSocketAddress({ address, port: bound });
    if (opened.ok) {
      port = { local: bound, remote };
      state.listeners[opened.socket] = port;
      calls.print(`Forwarding from ${shown} -> ${remote}\n`);
      continue;
    }
    failed.push(each);
    const family = address.includes(':') ? 'tcp6' : 'tcp4';
    errors.push(
      `unable to create listener: Error listen ${family} ${shown}: bind: ${WORDS[opened.error] ?? opened.error}`,
    );
  }
  const pair = state.request.addresses.filter(({ fails }) => fails === 'all');
  const ok =
    failed.every(({ fails }) => fails === 'all') &&
    (pair.length === 0 || failed.length < pair.length);
  if (!ok) {
    calls.printError(
      `Unable to listen on port ${port.local}: Listeners failed to create with the following errors: [${errors.join(' ')}]\n`,
    );
  }
  return { port, ok };
}

function dropConnection(state: LocalState, socket: SocketId, cluster: ForwardedCluster): void {
  const { network, environment } = cluster;
  const pid = state.connections[socket]?.pid;
  delete state.connections[socket];
  if (pid === undefined) return;
  signalProcess(network, environment, pid, 'SIGKILL');
  removeProcess(network, pid);
}

/** Ends the command, and its connections with it. */
function end(state: LocalState, code: number, calls: SystemCalls, cluster: ForwardedCluster): void {
  for (const socket of Object.keys(state.connections)) {
    dropConnection(state, Number(socket), cluster);
  }
  calls.exit(code);
}

/** klog's line about a connection that failed, and the last word of kubectl, which stops at the first of them. */
function lose(
  { local, remote }: ForwardedPort,
  error: string | undefined,
  state: LocalState,
  calls: SystemCalls,
  cluster: ForwardedCluster,
): void {
  const [, month, day, time] =
    /^\d+-(\d\d)-(\d\d)T([\d:.]+)Z$/.exec(formatMicroTime(calls.now)) ?? [];
  const problem = forwardProblem(remote, state.request, error);
  const words = `an error occurred forwarding ${local} -> ${remote}: ${problem}`;
  calls.printError(
    `E${month}${day} ${time} ${String(calls.pid).padStart(7)} portforward.go:424] "Unhandled Error" err=${JSON.stringify(words)}\nerror: lost connection to pod\n`,
  );
  end(state, 1, calls, cluster);
}

function acceptConnection(
  state: LocalState,
  listener: SocketId,
  socket: SocketId,
  calls: SystemCalls,
  cluster: ForwardedCluster,
): void {
  const port = state.listeners[listener];
  if (!port) return;
  calls.print(`Handling connection for ${port.local}\n`);
  const { network, environment } = cluster;
  const { netns, pod } = state.request;
  if (!network.namespaces[netns]) return lose(port, undefined, state, calls, cluster);
  const here = network.processes[calls.pid]?.namespace ?? '';
  // What the pod's end sends belongs to the trace of whoever connected.
  const tag = network.namespaces[here]?.sockets[socket]?.tag;
  const pid = startProcess(network, environment, {
    program: POD_END,
    args: [String(port.remote), String(calls.pid)],
    namespace: netns,
    hostname: pod,
    files: {},
    environment: {},
    ...(tag ? { tag } : {}),
  });
  state.connections[socket] = { ...port, pid };
}

/** Something happened at the pod's end of a connection. */
function collect(
  state: LocalState,
  pid: number,
  calls: SystemCalls,
  cluster: ForwardedCluster,
): void {
  const found = Object.entries(state.connections).find(([, each]) => each.pid === pid);
  const process = cluster.network.processes[pid];
  if (!found || !process) return;
  const socket = Number(found[0]);
  const forwarded = process.state as ForwardState;
  for (const payload of forwarded.fromPod.splice(0)) calls.send(socket, payload);
  if (process.exitCode === undefined) return;
  calls.close(socket);
  dropConnection(state, socket, cluster);
  if (forwarded.error !== undefined) lose(found[1], forwarded.error, state, calls, cluster);
}

/**
 * `kubectl port-forward` on one's own machine (client-go/tools/portforward): it listens, and has each connection carried to the
 * pod by a process in the pod's network namespace.
 */
export function createLocalEnd(cluster: () => ForwardedCluster): Program<LocalState> {
  return {
    name: LOCAL_END,
    start([text = ''], calls) {
      const request = JSON.parse(text) as ForwardRequest;
      const state: LocalState = { request, listeners: {}, connections: {} };
      const tried = request.ports.map((port) => listenOn(port, state, calls));
      if (!tried.some(({ ok }) => ok)) {
        const ports = tried.map(({ port: { local, remote } }) => `{${local} ${remote}}`).join(' ');
        calls.printError(`error: unable to listen on any of the requested ports: [${ports}]\n`);
        calls.exit(1);
      }
      return state;
    },
    handle(state, event, calls) {
      const { environment } = cluster();
      switch (event.type) {
        case 'accepted':
          return acceptConnection(state, event.listener, event.socket, calls, cluster());
        case 'data':
        case 'ended': {
          const pid = state.connections[event.socket]?.pid;
          if (pid === undefined) return;
          return tellPod(environment, pid, event.type === 'data' ? event.payload : 'end');
        }
        case 'failed':
          return dropConnection(state, event.socket, cluster());
        case 'timer':
          return collect(state, Number(event.name), calls, cluster());
        case 'signal':
          return end(state, event.signal === 'SIGINT' ? 0 : 143, calls, cluster());
        case 'connected':
        case 'connection-waiting':
        case 'datagram':
        case 'captured':
        case 'redirected':
        case 'echo-reply':
          return;
      }
    },
  };
}
