import type { Micros } from '../../base/clock.ts';
import type { SocketId } from '../../linux/program.ts';
import type { DnsCache } from './cache.ts';
import type { ServerConfig } from './server-config.ts';
import type { ForwardedQuery } from './upstream.ts';

/** State of a CoreDNS process. Plain data. */
export interface CorednsState {
  readonly configPath: string;
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
  loop: { name: string; seen: number };
  serial: { version: number; seconds: number };
  readonly responses: Record<string, number>;
}
