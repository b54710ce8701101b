import { SECOND } from '../../base/clock.ts';
import type { SocketAddress } from '../../base/flow.ts';
import type { Program, SocketId, SystemCalls } from '../../linux/program.ts';

/** Where the agent leaves what is to be checked: `key ADDRESS PORT`, one a line. */
export const TARGETS_FILE = '/etc/load-balancer/targets';
const INTERVAL = 5 * SECOND;
const PATIENCE = 2 * SECOND;

export type Verdict = 'healthy' | 'unhealthy';

interface HealthState {
  /** Connections of this round, with the keys of what they check. */
  readonly pending: Record<SocketId, string>;
  readonly verdicts: Record<string, Verdict>;
}

interface Target {
  readonly key: string;
  readonly to: SocketAddress;
}

function targetsOf(calls: SystemCalls): Target[] {
  const lines = (calls.readFile(TARGETS_FILE) ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [key = '', address = '', port] = line.split(' ');
    return { key, to: { address, port: Number(port) } };
  });
}

function beginRound(state: HealthState, calls: SystemCalls): void {
  for (const { key, to } of targetsOf(calls)) {
    const dialled = calls.connect(to);
    if (dialled.ok) state.pending[dialled.socket] = key;
    else state.verdicts[key] = 'unhealthy';
  }
  calls.setTimer('deadline', PATIENCE);
  calls.setTimer('round', INTERVAL);
}

function conclude(
  state: HealthState,
  socket: SocketId,
  verdict: Verdict,
  calls: SystemCalls,
): void {
  const key = state.pending[socket];
  if (key === undefined) return;
  state.verdicts[key] = verdict;
  delete state.pending[socket];
  calls.close(socket);
}

function ask(socket: SocketId, calls: SystemCalls): void {
  const peer = calls.peerAddress(socket);
  calls.send(socket, {
    kind: 'http-request',
    request: {
      method: 'GET',
      target: '/healthz',
      version: '1.1',
      headers: [
        ['Host', peer ? `${peer.address}:${peer.port}` : ''],
        ['Connection', 'close'],
      ],
      body: '',
    },
  });
}

/**
 * The health checks of a load balancer, every five seconds: /healthz of a node's kube-proxy, or of the health-check node
 * port of a Service with externalTrafficPolicy Local. Its verdicts are its state, which the agent reads.
 */
export const HEALTH_CHECK_PROGRAM: Program<HealthState> = {
  name: 'lb-health-check',
  start(_, calls) {
    calls.setTimer('round', 0);
    return { pending: {}, verdicts: {} };
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else if (event.type === 'timer') onTimer(state, event.name, calls);
    else if (event.type === 'connected') ask(event.socket, calls);
    else if (event.type === 'data') {
      const { payload, socket } = event;
      const isGood = payload.kind === 'http-response' && payload.response.status === 200;
      conclude(state, socket, isGood ? 'healthy' : 'unhealthy', calls);
    } else if (event.type === 'failed' || event.type === 'ended') {
      conclude(state, event.socket, 'unhealthy', calls);
    }
  },
};

function onTimer(state: HealthState, name: string, calls: SystemCalls): void {
  if (name === 'round') beginRound(state, calls);
  else
    for (const socket of Object.keys(state.pending)) {
      conclude(state, Number(socket), 'unhealthy', calls);
    }
}

/** The verdict of a check, as the process has it; healthy until the first one. */
export function verdictOf(processState: unknown, key: string): Verdict {
  const { verdicts = {} } = (processState ?? {}) as Partial<HealthState>;
  return verdicts[key] ?? 'healthy';
}
