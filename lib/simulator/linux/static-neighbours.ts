import type { Micros } from '../base/clock.ts';
import type { NetworkNamespace } from './network.ts';

/** `ip neigh replace ADDRESS lladdr MAC dev DEVICE nud permanent`: nobody is asked, and it does not age. */
export function setPermanentNeighbour(
  { neighbours }: NetworkNamespace,
  entry: { readonly address: string; readonly device: string; readonly mac: string },
  at: Micros,
): void {
  const known = neighbours.find(
    ({ address, device }) => address === entry.address && device === entry.device,
  );
  if (known) Object.assign(known, { mac: entry.mac, state: 'PERMANENT', at });
  else neighbours.push({ ...entry, state: 'PERMANENT', at });
}

/** `ip neigh del ADDRESS dev DEVICE`. The error in ip(8)'s words, or undefined. */
export function deleteNeighbour(
  { neighbours }: NetworkNamespace,
  wanted: { readonly address: string; readonly device: string },
): 'RTNETLINK answers: No such file or directory' | undefined {
  const index = neighbours.findIndex(
    ({ address, device }) => address === wanted.address && device === wanted.device,
  );
  if (index < 0) return 'RTNETLINK answers: No such file or directory';
  neighbours.splice(index, 1);
  return undefined;
}
