import { rememberPerPort } from '../port-cache.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import type { ServedService } from '../service-view.ts';
import { nftPortObjects, type PortObjects } from './service-chains.ts';

const portObjects = rememberPerPort(nftPortObjects);

/** What the objects of a Service port depend on besides its API objects and, for some, its node. */
export const objectsVariant = ({ pods, masqueradeAll, family }: ProxyConfig) =>
  JSON.stringify([family, pods, masqueradeAll]);

/** What the ports of a Service have in the table. Shared by all nodes that want the same: never changed. */
export function objectsOf({ ports }: ServedService, config: ProxyConfig): readonly PortObjects[] {
  const of = objectsVariant(config);
  return ports.map((port) => portObjects(port, config, of));
}
