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
import { SpdyConnection, type SpdyStreams } from './spdy-connection.ts';
import type { SpdyHeaders } from './spdy-headers.ts';

/** The subprotocol of kubectl 1.31 and later: SPDY frames in binary messages (KEP-4006). */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

type ForwardSession = Extract<PodSession, { verb: 'portforward' }>;

/** One forwarded connection: a stream for its bytes, one for what went wrong, a process that dials in the pod. */
interface Forwarded {
  readonly port: number;
  readonly errors: number;
  readonly read: ReturnType<typeof createPayloadReader>;
  /** What comes before the process has begun. */
  readonly early: (Payload | 'end')[];
  data?: number;
  pid?: number;
}

const sandboxIdOf = (uid: string) => createHash('sha256').update(`sandbox ${uid}`).digest('hex');

/** The kubelet's words about a port that did not answer, with containerd's in them. */
function wordsOf(port: number, uid: string, namespace: string, error: string): string {
  const id = sandboxIdOf(uid);
  return `error forwarding port ${port} to pod ${id}, uid : failed to execute portforward in network namespace "/var/run/netns/${namespace}": failed to connect to localhost:${port} inside namespace "${id}", ${error}`;
}

/** The connections of one `kubectl port-forward`. A class, as it lives as long as its WebSocket. */
class PodForward implements SpdyStreams {
  private readonly byRequest = new Map<string, Forwarded>();
  private readonly byStream = new Map<number, Forwarded>();
  private readonly connection: SpdyConnection;
  private readonly uid: string;
  private readonly namespace: string;

  constructor(
    private readonly socket: WebSocket,
    private readonly session: ForwardSession,
    private readonly cluster: Cluster,
  ) {
    const pod = cluster.store.get<Pod>('Pod', session.namespace, session.pod);
    this.uid = pod?.metadata.uid ?? '';
    this.namespace = pod?.spec.hostNetwork
      ? (pod.spec.nodeName ?? '')
      : podNetworkNamespace(this.uid);
    const programs = cluster.environment.programs as Record<string, typeof FORWARD_PROGRAM>;
    programs[FORWARD_PROGRAM.name] = FORWARD_PROGRAM;
    this.connection = new SpdyConnection((bytes) => socket.send(bytes), this);
  }

  receive(message: Buffer): void {
    this.connection.receive(message);
  }

  /** A stream for errors comes first, the one for data with the same request id behind it. */
  opened(stream: number, headers: SpdyHeaders): void {
    const id = headers['requestid'] ?? String(stream);
    const port = Number(headers['port']);
    if (headers['streamtype'] === 'error') {
      this.byRequest.set(id, { port, errors: stream, read: createPayloadReader(), early: [] });
      return;
    }
    const forwarded = this.byRequest.get(id);
    if (!forwarded) return;
    forwarded.data = stream;
    this.byStream.set(stream, forwarded);
    forwarded.pid = startProcess(this.cluster.network, this.cluster.environment, {
      program: FORWARD_PROGRAM.name,
      args: [String(port)],
      namespace: this.namespace,
      hostname: this.session.pod,
      files: {},
      environment: {},
    });
  }

  data(stream: number, payload: Buffer, isLast: boolean): void {
    const forwarded = this.byStream.get(stream);
    if (!forwarded) return;
    this.tell(forwarded, [...forwarded.read(payload), ...(isLast ? (['end'] as const) : [])]);
  }

  reset(stream: number): void {
    const forwarded = this.byStream.get(stream);
    if (forwarded) this.drop(forwarded);
  }

  closed(): void {
    this.socket.close(1000);
  }

  hangUp(): void {
    this.connection.close();
    for (const forwarded of [...this.byRequest.values()]) this.drop(forwarded);
  }

  poll(): 'quiet' | 'sent' {
    const progress = [...this.byStream.values()].map((forwarded) => this.pollOne(forwarded));
    return progress.includes('sent') ? 'sent' : 'quiet';
  }

  private stateOf({ pid = -1 }: Forwarded): ForwardState | undefined {
    return this.cluster.network.processes[pid]?.state as ForwardState | undefined;
  }

  private tell(forwarded: Forwarded, items: readonly (Payload | 'end')[]): void {
    const { pid, early } = forwarded;
    if (items.length === 0 || pid === undefined) return;
    (this.stateOf(forwarded)?.toPod ?? early).push(...items);
    const event: NetworkEvent = { type: 'notify', pid, event: { type: 'timer', name: INBOX } };
    this.cluster.queue.schedule(0, NETWORK_TARGET, event);
  }

  private drop(forwarded: Forwarded): void {
    const { pid, data } = forwarded;
    if (pid !== undefined) {
      signalProcess(this.cluster.network, this.cluster.environment, pid, 'SIGKILL');
      removeProcess(this.cluster.network, pid);
    }
    if (data !== undefined) this.byStream.delete(data);
    for (const [id, other] of this.byRequest) if (other === forwarded) this.byRequest.delete(id);
  }

  private pollOne(forwarded: Forwarded): 'quiet' | 'sent' {
    const { pid = -1, data = 0 } = forwarded;
    const process = this.cluster.network.processes[pid];
    const state = this.stateOf(forwarded);
    if (!process) return 'quiet';
    if (state) this.tell(forwarded, forwarded.early.splice(0));
    const payloads = state?.fromPod.splice(0) ?? [];
    for (const payload of payloads) this.connection.send(data, bytesOf(payload), 'more');
    if (process.exitCode !== undefined) {
      this.end(forwarded, state?.error);
      return 'sent';
    }
    return payloads.length > 0 ? 'sent' : 'quiet';
  }

  private end(forwarded: Forwarded, error: string | undefined): void {
    const { port, errors, data = 0 } = forwarded;
    const words = error === undefined ? '' : wordsOf(port, this.uid, this.namespace, error);
    this.connection.send(errors, Buffer.from(words), 'last');
    this.connection.send(data, Buffer.alloc(0), 'last');
    this.drop(forwarded);
  }
}

/** Carries the connections of a `kubectl port-forward` to a pod's localhost. */
export function carryForward(socket: WebSocket, session: ForwardSession, cluster: Cluster): Stream {
  const forward = new PodForward(socket, session, cluster);
  let isGone = false;
  socket.on('message', (message: Buffer) => forward.receive(message));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    isGone = true;
    forward.hangUp();
  });
  return { poll: () => (isGone ? 'over' : forward.poll()) };
}
