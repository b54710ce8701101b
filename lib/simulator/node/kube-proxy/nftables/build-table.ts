import { rememberPerPort } from '../port-cache.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import type { ServedService, ServiceView } from '../service-view.ts';
import { baseTable } from './base-table.ts';
import { nftPortObjects } from './service-chains.ts';
import type { ProxyTable } from './words.ts';

/** The table as it shall be. */
export interface DesiredTable extends ProxyTable {
  /** Service → its own chains and sets, of those that are written here. */
  readonly namesOf: ReadonlyMap<string, readonly string[]>;
}

const portObjects = rememberPerPort(nftPortObjects);

const variant = ({ pods, masqueradeAll, family }: ProxyConfig) =>
  JSON.stringify([family, pods, masqueradeAll]);

/**
 * Everything that kube-proxy in nftables mode wants in its table on this node. Of Services that `isWritten`, the chains
 * are only named: a partial sync leaves them alone, but compares all elements of the maps. Pure.
 * Source: syncProxyRules of pkg/proxy/nftables/proxier.go, 1.34.
 */
export function buildTable(
  view: ServiceView,
  config: ProxyConfig,
  isWritten: (service: ServedService) => boolean = () => false,
): DesiredTable {
  const { chains, sets } = baseTable(config);
  const namesOf = new Map<string, readonly string[]>();
  const of = variant(config);
  for (const service of view.services) {
    const objects = service.ports.map((port) => portObjects(port, config, of));
    for (const { set, element } of objects.flatMap(({ elements }) => elements)) {
      sets.get(set)?.elements.set(element.key, element);
    }
    if (isWritten(service)) continue;
    for (const each of objects) {
      for (const [name, rules] of each.chains) chains.set(name, { rules });
      for (const [name, body] of each.sets) sets.set(name, { body, elements: new Map() });
    }
    const names = objects.flatMap((each) => [...each.chains.keys(), ...each.sets.keys()]);
    namesOf.set(service.key, names);
  }
  return { chains, sets, namesOf };
}
