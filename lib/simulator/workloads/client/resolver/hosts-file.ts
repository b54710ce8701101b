import { ipVersion, type IpVersion } from '../../../base/ip.ts';

export interface HostsEntry {
  readonly address: string;
  /** The canonical name first, aliases behind it. */
  readonly names: readonly string[];
}

/** What the name service switch gives for a name: struct hostent. */
export interface HostEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly addresses: readonly string[];
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

/** The address as a family sees it: who asks for IPv4 gets 127.0.0.1 for a line with ::1. */
function asFamily(address: string, family: IpVersion | 'any'): string | undefined {
  if (family === 'any' || ipVersion(address) === family) return address;
  return family === 4 && address === '::1' ? '127.0.0.1' : undefined;
}

/**
 * nss_files (glibc 2.36, nss/nss_files/files-hosts.c): all lines with the name; the first one's canonical name, the
 * names of the others are aliases.
 */
export function findInHosts(
  text: string,
  name: string,
  family: IpVersion | 'any',
): HostEntry | undefined {
  const found = hostsEntriesOf(parseHosts(text), name).flatMap(({ address, names }) => {
    const seen = asFamily(address, family);
    return seen === undefined ? [] : [{ address: seen, names }];
  });
  const [first, ...others] = found;
  if (!first) return undefined;
  const [canonical = name, ...aliases] = first.names;
  const more = others.flatMap(({ names: [own = '', ...rest] }) => [
    ...rest,
    ...(own === canonical ? [] : [own]),
  ]);
  return {
    name: canonical,
    aliases: [...aliases, ...more],
    addresses: found.map(({ address }) => address),
  };
}

/** The line of an address (gethostbyaddr). */
export function findAddressInHosts(text: string, address: string): HostEntry | undefined {
  const family = ipVersion(address);
  const entry = parseHosts(text).find(
    (one) => family !== undefined && asFamily(one.address, family) === address,
  );
  const [name, ...aliases] = entry?.names ?? [];
  return name === undefined ? undefined : { name, aliases, addresses: [address] };
}
