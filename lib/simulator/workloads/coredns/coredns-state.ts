import type { Micros } from '../../base/clock.ts';
import type { SocketId } from '../../linux/program.ts';
import type { DnsCache } from './cache.ts';
import type { ServerConfig } from './server-config.ts';
import type { ForwardedQuery } from './upstream.ts';

/** State of a CoreDNS process. Plain data. */
export interface CorednsState {
  readonly configPath: string;
  /** The ConfigMap in kube-system that the Corefile comes from. */
  readonly configMap: string;
  corefile: string;
  checkedAt: Micros;
  servers: ServerConfig[];
  caches: DnsCache[];
  readonly udpSockets: Record<SocketId, number>;
  readonly listeners: Record<SocketId, 'dns' | 'health' | 'ready' | 'metrics'>;
  /** Accepted connections by what they were accepted for. */
  readonly connections: Record<SocketId, 'dns' | 'health' | 'ready' | 'metrics'>;
  readonly forwarded: Record<SocketId, ForwardedQuery>;
  forwardCount: number;
  /** Questions of the loop plug-in that are on their way, by server block. */
  loops: Record<number, { readonly name: string; seen: number }>;
  serial: { version: number; seconds: number };
  readonly responses: Record<string, number>;
}
