import { rememberPerPort } from '../port-cache.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import type { ServedService, ServiceView } from '../service-view.ts';
import { baseTable } from './base-table.ts';
import { nftPortObjects } from './service-chains.ts';
import type { ProxyTable } from './words.ts';

/** The table as it shall be. */
export interface DesiredTable extends ProxyTable {
  /** Chains and sets of Services that did not change since they were written: they stay as they are. */
  readonly kept: ReadonlySet<string>;
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
  const kept = new Set<string>();
  const of = variant(config);
  for (const service of view.services) {
    const keeps = isWritten(service);
    for (const port of service.ports) {
      const objects = portObjects(port, config, of);
      for (const { set, element } of objects.elements) {
        sets.get(set)?.elements.set(element.key, element);
      }
      for (const [name, rules] of objects.chains) {
        if (keeps) kept.add(name);
        else chains.set(name, { rules });
      }
      for (const [name, body] of objects.sets) {
        if (keeps) kept.add(name);
        else sets.set(name, { body, elements: new Map() });
      }
    }
  }
  return { chains, sets, kept };
}
