import { createHash } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Pod } from '../api/core/pod.ts';
import type { PodSession } from '../apiserver/rest-types.ts';
import type { Cluster } from '../cluster.ts';
import { NETWORK_TARGET } from '../linux/environment.ts';
import type { NetworkEvent } from '../linux/network.ts';
import { removeProcess, signalProcess, startProcess } from '../linux/process.ts';
import type { Payload } from '../packet/payload.ts';
import { podNetworkNamespace } from '../node/kubelet/container-process.ts';
import { FORWARD_PROGRAM, INBOX, type ForwardState } from './forward-program.ts';
import { bytesOf, createPayloadReader } from './http-bytes.ts';
import type { Stream } from './serve-clock.ts';
import { SpdyConnection } from './spdy-connection.ts';

/** The subprotocol of kubectl 1.31 and later: SPDY frames in binary messages (KEP-4006). */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

type ForwardSession = Extract<PodSession, { verb: 'portforward' }>;

/** One forwarded connection: a stream for its bytes, one for what went wrong, a process that dials in the pod. */
interface Forwarded {
  readonly port: number;
  readonly errors: number;
  data?: number;
  pid?: number;
  read: ReturnType<typeof createPayloadReader>;
}

const sandboxIdOf = (uid: string) => createHash('sha256').update(`sandbox ${uid}`).digest('hex');

/** The kubelet's words about a port that did not answer, with containerd's in them. */
function wordsOf(port: number, uid: string, namespace: string, error: string): string {
  const id = sandboxIdOf(uid);
  return `error forwarding port ${port} to pod ${id}, uid : failed to execute portforward in network namespace "/var/run/netns/${namespace}": failed to connect to localhost:${port} inside namespace "${id}", ${error}`;
}

/** Carries the connections of a `kubectl port-forward` to a pod's localhost. */
export function carryForward(socket: WebSocket, session: ForwardSession, cluster: Cluster): Stream {
  const { network, environment, store, queue } = cluster;
  const programs = environment.programs as Record<string, typeof FORWARD_PROGRAM>;
  programs[FORWARD_PROGRAM.name] = FORWARD_PROGRAM;
  const pod = store.get<Pod>('Pod', session.namespace, session.pod);
  const uid = pod?.metadata.uid ?? '';
  const namespace = pod?.spec.hostNetwork ? (pod.spec.nodeName ?? '') : podNetworkNamespace(uid);
  /** By request id, and by the number of the data stream. */
  const byRequest = new Map<string, Forwarded>();
  const byStream = new Map<number, Forwarded>();
  let isGone = false;

  const stateOf = ({ pid }: Forwarded) =>
    pid === undefined ? undefined : (network.processes[pid]?.state as ForwardState | undefined);
  /** What comes before the process has begun waits for it here. */
  const early = new Map<Forwarded, (Payload | 'end')[]>();

  const tell = (forwarded: Forwarded, items: readonly (Payload | 'end')[]) => {
    const { pid } = forwarded;
    if (items.length === 0 || pid === undefined) return;
    const state = stateOf(forwarded);
    if (state) state.toPod.push(...items);
    else early.set(forwarded, [...(early.get(forwarded) ?? []), ...items]);
    const event: NetworkEvent = { type: 'notify', pid, event: { type: 'timer', name: INBOX } };
    queue.schedule(0, NETWORK_TARGET, event);
  };

  const drop = (forwarded: Forwarded) => {
    const { pid, data } = forwarded;
    if (pid !== undefined) {
      signalProcess(network, environment, pid, 'SIGKILL');
      removeProcess(network, pid);
    }
    if (data !== undefined) byStream.delete(data);
    for (const [id, other] of byRequest) if (other === forwarded) byRequest.delete(id);
  };

  const connection = new SpdyConnection((bytes) => socket.send(bytes), {
    opened(stream, headers) {
      const id = headers['requestid'] ?? String(stream);
      const port = Number(headers['port']);
      if (headers['streamtype'] === 'error') {
        byRequest.set(id, { port, errors: stream, read: createPayloadReader() });
        return;
      }
      const forwarded = byRequest.get(id);
      if (!forwarded) return;
      forwarded.data = stream;
      byStream.set(stream, forwarded);
      forwarded.pid = startProcess(network, environment, {
        program: FORWARD_PROGRAM.name,
        args: [String(port)],
        namespace,
        hostname: session.pod,
        files: {},
        environment: {},
      });
    },
    data(stream, payload, isLast) {
      const forwarded = byStream.get(stream);
      if (!forwarded) return;
      tell(forwarded, [...forwarded.read(payload), ...(isLast ? (['end'] as const) : [])]);
    },
    reset(stream) {
      const forwarded = byStream.get(stream);
      if (forwarded) drop(forwarded);
    },
    closed: () => socket.close(1000),
  });

  const pollOne = (forwarded: Forwarded): 'quiet' | 'sent' => {
    const { pid, data, errors, port } = forwarded;
    const process = pid === undefined ? undefined : network.processes[pid];
    const state = stateOf(forwarded);
    if (!process || data === undefined) return 'quiet';
    if (state) {
      const waiting = early.get(forwarded);
      early.delete(forwarded);
      if (waiting) tell(forwarded, waiting);
    }
    const payloads = state?.fromPod.splice(0) ?? [];
    for (const payload of payloads) connection.send(data, bytesOf(payload), 'more');
    if (process.exitCode === undefined) return payloads.length > 0 ? 'sent' : 'quiet';
    const words = state?.error === undefined ? '' : wordsOf(port, uid, namespace, state.error);
    connection.send(errors, Buffer.from(words), 'last');
    connection.send(data, Buffer.alloc(0), 'last');
    drop(forwarded);
    return 'sent';
  };

  socket.on('message', (message: Buffer) => connection.receive(message));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    isGone = true;
    connection.close();
    for (const forwarded of [...byRequest.values()]) drop(forwarded);
  });
  return {
    poll() {
      if (isGone) return 'over';
      let progress: 'quiet' | 'sent' = 'quiet';
      for (const forwarded of [...byStream.values()]) {
        if (pollOne(forwarded) === 'sent') progress = 'sent';
      }
      return progress;
    },
  };
}
