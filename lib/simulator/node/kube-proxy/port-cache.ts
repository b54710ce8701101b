import { dependsOnNode } from './port-plan.ts';
import type { ProxyConfig } from './proxy-config.ts';
import type { ServedPort } from './service-view.ts';

/**
 * `make` with a memory: what it made of a Service port is given again to the same node and, where nodes make no
 * difference, to all of them. A served port is a new object whenever its Service or endpoints change, and what was made
 * of the old one is forgotten with it. `variant` says of everything else that the result depends on.
 */
export function rememberPerPort<More extends readonly unknown[], Made>(
  make: (served: ServedPort, config: ProxyConfig, ...more: More) => Made,
): (served: ServedPort, config: ProxyConfig, variant: string, ...more: More) => Made {
  const known = new WeakMap<ServedPort, Map<string, Made>>();
  return (served, config, variant, ...more) => {
    const { nodeName, nodeAddress, nodeLabels } = config;
    const node = dependsOnNode(served)
      ? JSON.stringify([nodeName, nodeAddress, nodeLabels['topology.kubernetes.io/zone']])
      : '';
    const key = `${variant} ${node}`;
    const variants = known.get(served) ?? new Map<string, Made>();
    known.set(served, variants);
    const found = variants.get(key) ?? make(served, config, ...more);
    variants.set(key, found);
    return found;
  };
}
