import type { SystemCalls } from '../../linux/program.ts';
import { parseHosts } from './resolver/hosts-file.ts';

/**
 * The name of an address, or the address. Simplified: from /etc/hosts alone; tools that show names do not ask DNS for
 * them (they all behave as with `-n`, where nothing stands in the file).
 */
export function nameOfAddress(address: string, calls: SystemCalls): string {
  const entries = parseHosts(calls.readFile('/etc/hosts') ?? '');
  return entries.find((entry) => entry.address === address)?.names[0] ?? address;
}
