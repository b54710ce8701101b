import { ipVersion } from '../../../base/ip.ts';

/** What musl reads of /etc/resolv.conf (src/network/resolvconf.c). Times in seconds. */
export interface MuslConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeout: number;
  readonly attempts: number;
}

const MAX_NAMESERVERS = 3;

function optionOf(lines: readonly string[], name: string, standard: number, limit: number): number {
  const found = lines
    .filter((line) => /^options\s/.test(line))
    .flatMap((line) => new RegExp(`${name}:(\\d+)`).exec(line)?.[1] ?? [])
    .map(Number);
  return Math.min(found[found.length - 1] ?? standard, limit);
}

/** Reads resolv.conf as musl 1.2.5 does: no options but ndots, timeout and attempts. */
export function parseMuslConf(text: string): MuslConf {
  const lines = text.split('\n');
  const nameservers = lines
    .flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => ipVersion(address) !== undefined);
  const search = lines.flatMap((line) => /^(?:domain|search)\s+(.*)$/.exec(line)?.[1] ?? []);
  return {
    nameservers: nameservers.length > 0 ? nameservers.slice(0, MAX_NAMESERVERS) : ['127.0.0.1'],
    search: (search[search.length - 1] ?? '')
      .split(/\s+/)
      .filter((domain) => domain !== '')
      .map((domain) => domain.replace(/\.$/, '')),
    ndots: optionOf(lines, 'ndots', 1, 15),
    timeout: optionOf(lines, 'timeout', 5, 60),
    attempts: Math.max(1, optionOf(lines, 'attempts', 2, 10)),
  };
}
