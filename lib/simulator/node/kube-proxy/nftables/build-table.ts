import type { NftSetBody } from '../../../linux/netfilter/nft/model.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import type { WrittenNames } from '../proxy-memory.ts';
import type { ServedService, ServiceView } from '../service-view.ts';
import type { ServiceChange } from '../view-changes.ts';
import { baseTable, sharedSets } from './base-table.ts';
import { elementPlaces, elementsAt, type TouchedElement } from './element-index.ts';
import { objectsOf } from './port-objects.ts';
import type { ProxyChain, ProxySet, ProxyTable } from './words.ts';

/** The table as it shall be, or that part of it of which a round speaks. */
export interface DesiredTable extends ProxyTable {
  /** Service → what it has in the table, of those that are written here. */
  readonly namesOf: ReadonlyMap<string, WrittenNames>;
}

/** Adds what Services have for themselves, and tells its names. */
function writeServices(
  { chains, sets }: ProxyTable,
  services: readonly ServedService[],
  config: ProxyConfig,
): Map<string, WrittenNames> {
  const namesOf = new Map<string, WrittenNames>();
  for (const service of services) {
    const objects = objectsOf(service, config);
    for (const each of objects) {
      for (const [name, rules] of each.chains) chains.set(name, { rules });
      for (const [name, body] of each.sets) sets.set(name, { body, elements: new Map() });
    }
    const names = objects.flatMap((each) => [...each.chains.keys(), ...each.sets.keys()]);
    namesOf.set(service.key, { names, elements: elementPlaces(service, config) });
  }
  return namesOf;
}

/**
 * Everything that kube-proxy in nftables mode wants in its table on this node. Pure.
 * Source: syncProxyRules of pkg/proxy/nftables/proxier.go, 1.34.
 */
export function buildTable(view: ServiceView, config: ProxyConfig): DesiredTable {
  const table = baseTable(config);
  for (const service of view.services) {
    for (const { elements } of objectsOf(service, config)) {
      for (const { set, element } of elements)
        table.sets.get(set)?.elements.set(element.key, element);
    }
  }
  return { ...table, namesOf: writeServices(table, view.services, config) };
}

/** A shared set of which only the touched keys are spoken of. */
function partOfSet(body: NftSetBody, touched: readonly TouchedElement[]): ProxySet {
  return {
    body,
    keys: new Set(touched.map(({ key }) => key)),
    elements: new Map(touched.flatMap(({ key, wanted }) => (wanted ? [[key, wanted]] : []))),
  };
}

/** A partial round: the Services that changed since the last one. */
export interface TableChange {
  readonly changes: readonly ServiceChange[];
  /** Where elements were that these Services had. */
  readonly oldPlaces: readonly string[];
  /** The view that the table says now, where that is known. */
  readonly before: ServiceView | undefined;
}

/**
 * What a partial sync speaks of: the chains and sets of Services that changed, and the elements that these have in the
 * maps of all, or had.
 */
export function buildChanges(
  view: ServiceView,
  config: ProxyConfig,
  { changes, oldPlaces, before }: TableChange,
): DesiredTable {
  const chains = new Map<string, ProxyChain>();
  const sets = new Map<string, ProxySet>();
  const services = changes.flatMap(({ now }) => now ?? []);
  const places = new Set([
    ...oldPlaces,
    ...services.flatMap((service) => elementPlaces(service, config)),
  ]);
  const touched = elementsAt(places, view, config, before);
  for (const [name, body] of Object.entries(sharedSets(config))) {
    const inSet = touched.filter(({ set }) => set === name);
    if (inSet.length > 0) sets.set(name, partOfSet(body, inSet));
  }
  return { chains, sets, namesOf: writeServices({ chains, sets }, services, config) };
}
