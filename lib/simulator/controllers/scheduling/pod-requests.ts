import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { parseQuantity } from '../../api/meta/quantity.ts';

/** Amounts by resource: `cpu` in thousandths, everything else as it is. */
export type Resources = Readonly<Record<string, number>>;

/** Quantities of the API as numbers. */
export function readResources(quantities: Readonly<Record<string, string | number>> = {}) {
  const amounts: Record<string, number> = {};
  for (const [name, quantity] of Object.entries(quantities)) {
    const value = parseQuantity(String(quantity)) ?? 0;
    amounts[name] = name === 'cpu' ? Math.ceil(value * 1000 - 1e-6) : Math.ceil(value);
  }
  return amounts;
}

/** Both amounts together; `sign` -1 takes the second away. */
export function addResources(one: Resources, other: Resources, sign: 1 | -1 = 1): Resources {
  const sum: Record<string, number> = { ...one };
  for (const [name, amount] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + sign * amount;
  return sum;
}

function largest(one: Resources, other: Resources): Resources {
  const most: Record<string, number> = { ...one };
  for (const [name, amount] of Object.entries(other)) {
    most[name] = Math.max(most[name] ?? 0, amount);
  }
  return most;
}

const NOTHING: Resources = {};
const requestsOf = ({ resources }: Container): Resources =>
  resources?.requests ? readResources(resources.requests) : NOTHING;

const known = new WeakMap<Pod['spec'], Resources>();

/**
 * What a pod asks of a node: its containers and sidecars together, or more where an init container needs more while it
 * runs. Source: component-helpers/resource `PodRequests`. Simplified: no resources of a pod as a whole.
 */
export function podRequests({ spec }: Pod): Resources {
  const found = known.get(spec);
  if (found) return found;
  let sidecars: Resources = NOTHING;
  let atStart: Resources = NOTHING;
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') sidecars = addResources(sidecars, own);
    const now = container.restartPolicy === 'Always' ? sidecars : addResources(sidecars, own);
    atStart = largest(atStart, now);
  }
  const running = spec.containers.reduce(
    (sum, one) => addResources(sum, requestsOf(one)),
    sidecars,
  );
  const requests = largest(running, atStart);
  known.set(spec, requests);
  return requests;
}
