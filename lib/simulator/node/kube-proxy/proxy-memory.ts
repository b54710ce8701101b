import type { Micros } from '../../base/clock.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
import type { ServedService, ServiceView } from './service-view.ts';

/** What kube-proxy remembers of what it wrote, for one IP family. Plain data; gone when it starts again. */
export interface ProxyMemory {
  /** The configuration (as text) that the rules were written with; absent: everything is written anew. */
  writtenWith?: string;
  /** Service → the version of it that is written down (`ServedService.version`). */
  readonly written: Record<string, string>;
  /** nftables: chains that were emptied, and when. */
  readonly staleChains: Record<string, Micros>;
}

export function memoryOf(memory: Record<string, unknown>, family: IpFamily): ProxyMemory {
  const found = memory[family] ?? { written: {}, staleChains: {} };
  memory[family] = found;
  return found as ProxyMemory;
}

/** Whether everything has to be written: at the start, after a failure, and when the node itself changed. */
export function needsFullSync(memory: ProxyMemory, config: ProxyConfig, variant = ''): boolean {
  return memory.writtenWith !== configText(config, variant);
}

const configText = (config: ProxyConfig, variant: string) => JSON.stringify([config, variant]);

/** Whether the chains of a Service say already what they should. */
export const isWritten = ({ written }: ProxyMemory, { key, version }: ServedService) =>
  written[key] === version;

/** Notes that all of the view is written down now. */
export function rememberWritten(
  memory: ProxyMemory,
  { services }: ServiceView,
  config: ProxyConfig,
  variant = '',
): void {
  const present = new Set(services.map(({ key }) => key));
  for (const key of Object.keys(memory.written)) if (!present.has(key)) delete memory.written[key];
  for (const { key, version } of services) memory.written[key] = version;
  memory.writtenWith = configText(config, variant);
}
