import { cidrBounds } from '../../base/cidr.ts';
import { parseIp } from '../../base/ip.ts';
import type { PolicyPod, PolicyWorld } from '../policy-world.ts';

interface Entry {
  readonly value: bigint;
  readonly pod: PolicyPod;
}

type Family = 4 | 6;
type Index = Readonly<Record<Family, readonly Entry[]>>;

const made = new WeakMap<PolicyWorld, Index>();

function indexOf(world: PolicyWorld): Index {
  const known = made.get(world);
  if (known) return known;
  const index: Record<Family, Entry[]> = { 4: [], 6: [] };
  for (const pod of world.pods) {
    if (pod.isOnHostNetwork) continue;
    for (const address of pod.addresses) {
      const ip = parseIp(address);
      if (ip) index[ip.version].push({ value: ip.value, pod });
    }
  }
  const byValue = (a: Entry, b: Entry) => (a.value < b.value ? -1 : 1);
  index[4].sort(byValue);
  index[6].sort(byValue);
  made.set(world, index);
  return index;
}

/** The pods of a world that have an address in a prefix, in order of address; pods on their node's network have none. */
export function podsInside(cidr: string, world: PolicyWorld): readonly PolicyPod[] {
  const bounds = cidrBounds(cidr);
  const first = bounds && parseIp(bounds.first);
  const last = bounds && parseIp(bounds.last);
  if (!first || !last) return [];
  const entries = indexOf(world)[first.version];
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.value ?? 0n) < first.value) low = middle + 1;
    else high = middle;
  }
  const found: PolicyPod[] = [];
  for (let i = low; i < entries.length; i++) {
    const entry = entries[i];
    if (!entry || entry.value > last.value) break;
    found.push(entry.pod);
  }
  return found;
}
