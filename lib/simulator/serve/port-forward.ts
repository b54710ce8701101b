import type { WebSocket } from 'ws';
import type { Pod } from '../api/core/pod.ts';
import type { PodSession } from '../apiserver/rest-types.ts';
import type { Cluster } from '../cluster.ts';
import { removeProcess, signalProcess, startProcess } from '../linux/process.ts';
import type { Payload } from '../packet/payload.ts';
import { podNetworkNamespace } from '../node/kubelet/container-process.ts';
import {
  forwardProblem,
  POD_END,
  tellPod,
  type ForwardState,
  type ForwardTarget,
} from '../node/port-forward/pod-end.ts';
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
  data?: number;
  pid?: number;
}

/** The connections of one `kubectl port-forward`. A class, as it lives as long as its WebSocket. */
class PodForward implements SpdyStreams {
  private readonly byRequest = new Map<string, Forwarded>();
  private readonly byStream = new Map<number, Forwarded>();
  private readonly connection: SpdyConnection;
  private readonly target: ForwardTarget;

  constructor(
    private readonly socket: WebSocket,
    private readonly session: ForwardSession,
    private readonly cluster: Cluster,
  ) {
    const pod = cluster.store.get<Pod>('Pod', session.namespace, session.pod);
    const { uid = '' } = pod?.metadata ?? {};
    const hostNetwork = pod?.spec.hostNetwork === true;
    const netns = hostNetwork ? (pod.spec.nodeName ?? '') : podNetworkNamespace(uid);
    this.target = { uid, netns, hostNetwork };
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
      this.byRequest.set(id, { port, errors: stream, read: createPayloadReader() });
      return;
    }
    const forwarded = this.byRequest.get(id);
    if (!forwarded) return;
    forwarded.data = stream;
    this.byStream.set(stream, forwarded);
    forwarded.pid = startProcess(this.cluster.network, this.cluster.environment, {
      program: POD_END,
      args: [String(port)],
      namespace: this.target.netns,
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

  private tell({ pid }: Forwarded, items: readonly (Payload | 'end')[]): void {
    if (pid === undefined) return;
    for (const item of items) tellPod(this.cluster.environment, pid, item);
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
    const words = error === undefined ? '' : forwardProblem(port, this.target, error);
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
