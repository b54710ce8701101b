import type { ProxyConfig } from './proxy-config.ts';
import { dependsOnNode, type ServedPort } from './service-view.ts';

interface Made<Result> {
  readonly dependsOnNode: boolean;
  readonly results: Map<string, Result>;
}

/**
 * `make` with a memory: what it made of a Service port is given again to the same node and, where nodes make no
 * difference, to all of them. A served port is a new object whenever its Service or endpoints change, and what was made
 * of the old one is forgotten with it. `variant` says of everything else that the result depends on.
 */
export function rememberPerPort<More extends readonly unknown[], Result>(
  make: (served: ServedPort, config: ProxyConfig, ...more: More) => Result,
): (served: ServedPort, config: ProxyConfig, variant: string, ...more: More) => Result {
  const known = new WeakMap<ServedPort, Made<Result>>();
  return (served, config, variant, ...more) => {
    const made = known.get(served) ?? {
      dependsOnNode: dependsOnNode(served),
      results: new Map<string, Result>(),
    };
    known.set(served, made);
    const { nodeName, nodeAddress, nodeLabels } = config;
    const key = made.dependsOnNode
      ? JSON.stringify([
          variant,
          nodeName,
          nodeAddress,
          nodeLabels['topology.kubernetes.io/zone'] ?? '',
        ])
      : variant;
    const result = made.results.get(key) ?? make(served, config, ...more);
    made.results.set(key, result);
    return result;
  };
}
