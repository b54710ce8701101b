import { ipVersion } from '../../../base/ip.ts';

export interface HostsEntry {
  readonly address: string;
  /** The canonical name first, aliases behind it. */
  readonly names: readonly string[];
}

/** Reads /etc/hosts (hosts(5)); lines that do not begin with an address are skipped. */
export function parseHosts(text: string): readonly HostsEntry[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address = '', ...names]) => ipVersion(address) !== undefined && names.length > 0)
    .map(([address = '', ...names]) => ({ address, names }));
}

/** Entries with the name, case ignored. */
export function hostsEntriesOf(
  entries: readonly HostsEntry[],
  name: string,
): readonly HostsEntry[] {
  const wanted = name.toLowerCase();
  return entries.filter(({ names }) => names.some((one) => one.toLowerCase() === wanted));
}
