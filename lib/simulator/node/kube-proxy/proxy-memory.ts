import type { Micros } from '../../base/clock.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
import type { ServiceView } from './service-view.ts';
import { changesBetween, type ServiceChange } from './view-changes.ts';

/** What a Service has among the rules. */
export interface WrittenNames {
  /** Its own chains and sets. */
  readonly names: readonly string[];
  /** nftables: where it has elements in the sets that all share. */
  readonly elements?: readonly string[];
}

/** What is written down of a Service, and which version of it. */
export interface WrittenService extends WrittenNames {
  readonly version: string;
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

/** The view that a memory is known to have written down: found out again after a restore, and no part of the state. */
const writtenViews = new WeakMap<ProxyMemory, ServiceView>();

/** The view that is written down, where that is known. */
export const writtenView = (memory: ProxyMemory) => writtenViews.get(memory);

/** What has to be written, and what is to go, in the order of the Services' keys; `was` only where it is known. */
export function outdatedServices(memory: ProxyMemory, view: ServiceView): readonly ServiceChange[] {
  const before = writtenViews.get(memory);
  if (before) return changesBetween(before, view);
  const { written } = memory;
  const changed = view.services.filter(({ key, version }) => written[key]?.version !== version);
  const gone = Object.keys(written).filter((key) => !view.byKey.has(key));
  if (changed.length + gone.length === 0) writtenViews.set(memory, view);
  return [...changed.map((now) => ({ key: now.key, now })), ...gone.map((key) => ({ key }))];
}

/** The names that Services had which have changed or are gone. */
export const outdatedNames = ({ written }: ProxyMemory, changes: readonly ServiceChange[]) =>
  changes.flatMap(({ key }) => written[key]?.names ?? []);

/** Where Services had elements which have changed or are gone. */
export const outdatedPlaces = ({ written }: ProxyMemory, changes: readonly ServiceChange[]) =>
  changes.flatMap(({ key }) => written[key]?.elements ?? []);

/** Notes that all of the view is written down now; `namesOf` has the Services that were written in this round. */
export function rememberWritten(
  memory: ProxyMemory,
  view: ServiceView,
  changes: readonly ServiceChange[],
  namesOf: ReadonlyMap<string, WrittenNames>,
): void {
  for (const { key, now } of changes) if (!now) delete memory.written[key];
  for (const [key, written] of namesOf) {
    const version = view.byKey.get(key)?.version;
    if (version !== undefined) memory.written[key] = { version, ...written };
  }
  writtenViews.set(memory, view);
}

/** Notes what the rules were written with, after a round that wrote everything. */
export function rememberConfig(memory: ProxyMemory, config: ProxyConfig, variant = ''): void {
  memory.writtenWith = configText(config, variant);
}
