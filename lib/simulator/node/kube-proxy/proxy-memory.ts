import type { Micros } from '../../base/clock.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
import type { ServedService, ServiceView } from './service-view.ts';

/** What is written down of a Service: which version of it, and in which chains and sets of its own. */
export interface WrittenService {
  readonly version: string;
  readonly names: readonly string[];
}

/** What kube-proxy remembers of what it wrote, for one IP family. Plain data; gone when it starts again. */
export interface ProxyMemory {
  /** The configuration (as text) that the rules were written with; absent: everything is written anew. */
  writtenWith?: string;
  readonly written: Record<string, WrittenService>;
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
  written[key]?.version === version;

const goneServices = ({ written }: ProxyMemory, { byKey }: ServiceView) =>
  Object.keys(written).filter((key) => !byKey.has(key));

/** The view that a memory is known to have written down: found out again after a restore, and no part of the state. */
const writtenViews = new WeakMap<ProxyMemory, ServiceView>();

/** Whether all of the view is written down, and nothing else. */
export function isUpToDate(memory: ProxyMemory, view: ServiceView): boolean {
  if (writtenViews.get(memory) === view) return true;
  const isSame =
    view.services.every((service) => isWritten(memory, service)) &&
    goneServices(memory, view).length === 0;
  if (isSame) writtenViews.set(memory, view);
  return isSame;
}

/** The names that Services had which have changed or are gone. */
export function outdatedNames(memory: ProxyMemory, view: ServiceView): readonly string[] {
  const changed = view.services.filter((service) => !isWritten(memory, service));
  const keys = [...changed.map(({ key }) => key), ...goneServices(memory, view)];
  return keys.flatMap((key) => memory.written[key]?.names ?? []);
}

/** Notes that all of the view is written down now; `namesOf` has the Services that were written in this round. */
export function rememberWritten(
  memory: ProxyMemory,
  view: ServiceView,
  namesOf: ReadonlyMap<string, readonly string[]>,
): void {
  for (const key of goneServices(memory, view)) delete memory.written[key];
  for (const [key, names] of namesOf) {
    const version = view.byKey.get(key)?.version;
    if (version !== undefined) memory.written[key] = { version, names };
  }
  writtenViews.delete(memory);
}

/** Notes what the rules were written with, after a round that wrote everything. */
export function rememberConfig(memory: ProxyMemory, config: ProxyConfig, variant = ''): void {
  memory.writtenWith = configText(config, variant);
}
