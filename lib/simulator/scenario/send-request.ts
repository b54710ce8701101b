import { MILLISECOND, SECOND } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Cluster } from '../cluster.ts';
import type { ShellPlace } from '../shell/command.ts';
import { startProgram } from '../shell/start-program.ts';
import { INTERNET_CLIENT } from '../outside/build-outside.ts';
import type { Trace } from '../trace/trace.ts';
import type { RequestOutcome } from './checks.ts';

/** A request that was really sent, with how it ended for the client. */
export interface SentRequest {
  readonly output: string;
  readonly exitCode: number;
  readonly outcome: RequestOutcome;
  readonly milliseconds: number;
  readonly trace: string;
}

const TIMEOUT_SECONDS = 5;

/** `namespace/pod`, `namespace/prefix` of a pod's name, a node's name, `workstation`, or `internet-client`. */
export function placeOfClient(cluster: Cluster, from: string): ShellPlace | undefined {
  if (from === 'workstation') return { type: 'workstation' };
  if (cluster.options.nodes.some(({ name }) => name === from)) return { type: 'node', node: from };
  if (from === INTERNET_CLIENT && cluster.network.machines[from])
    return { type: 'node', node: from };
  const [namespace = '', name = ''] = from.split('/');
  const running = cluster.store
    .list<Pod>('Pod', { namespace })
    .filter(
      (pod) => pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined,
    );
  const pod =
    running.find(({ metadata }) => metadata.name === name) ??
    running.find(({ metadata }) => metadata.name.startsWith(`${name}-`));
  const container = pod?.spec.containers[0]?.name;
  return pod && container !== undefined
    ? { type: 'container', namespace, pod: pod.metadata.name, container }
    : undefined;
}

/** curl(1)'s exit codes, as far as connections go. What stands behind its 7 only the packets tell: it has one text for all. */
function failureOf(exitCode: number, trace: Trace | undefined): RequestOutcome['failure'] {
  switch (exitCode) {
    case 6:
      return 'unresolved';
    case 28:
      return 'timeout';
    case 7:
      // connect() may have failed before a packet left: no route, or no port to send from.
      return trace?.disposition === 'unreachable' || trace?.disposition === 'not-sent'
        ? 'unreachable'
        : 'refused';
    default:
      return 'refused';
  }
}

/**
 * Sends one HTTP request with a real client from a pod, node or the workstation, and waits for its end.
 * Simplified: the client is there even when the pod's image has none, as an ephemeral debug container would be.
 */
export function sendRequest(
  { cluster }: { readonly cluster: Cluster },
  from: string,
  to: string,
): SentRequest {
  const url = /^https?:\/\//.test(to) ? to : `http://${to}`;
  const place = placeOfClient(cluster, from);
  const title = `${from} → ${url}`;
  const tag = cluster.openTrace(title);
  if (!place) {
    const output = `There is no running pod ${from}.\n`;
    return {
      output,
      exitCode: 1,
      outcome: { failure: 'unreachable' },
      milliseconds: 0,
      trace: tag.trace,
    };
  }
  const since = cluster.now;
  const args = ['-sS', '-m', String(TIMEOUT_SECONDS), '-w', '\\n%{http_code}', url];
  const context = { cluster, place, namespace: 'default', stdin: '', files: {} };
  const started = startProgram('curl', args, context, tag);
  if (started.type !== 'process') {
    const output = started.type === 'finished' ? started.stdout + started.stderr : '';
    return {
      output,
      exitCode: 1,
      outcome: { failure: 'unreachable' },
      milliseconds: 0,
      trace: tag.trace,
    };
  }
  const process = () => cluster.network.processes[started.pid];
  cluster.runUntil(() => process()?.exitCode !== undefined, (TIMEOUT_SECONDS + 1) * SECOND);
  const output = process()?.output ?? '';
  const exitCode = process()?.exitCode ?? 28;
  const milliseconds = Math.round((cluster.now - since) / MILLISECOND);
  const status = Number(/(\d{3})\s*$/.exec(output)?.[1] ?? 0);
  // The reply's last packets (FIN, ACK) belong to the trace too.
  cluster.advance(5 * MILLISECOND);
  const trace = cluster.trace(tag.trace);
  const outcome: RequestOutcome =
    exitCode === 0 ? { status } : { failure: failureOf(exitCode, trace) ?? 'refused' };
  return {
    output: output.replace(/\n?\d{3}\s*$/, '\n').replace(/^\n/, ''),
    exitCode,
    outcome,
    milliseconds,
    trace: tag.trace,
  };
}
