import { ipVersion } from '../../base/ip.ts';
import type { Neighbour } from '../../linux/network.ts';
import { finished, type CommandContext, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';
import type { IpOptions } from './ip-options.ts';

const fail = (text: string, exitCode = 2) => finished('', exitCode, `${text}\n`);

/** `[to] ADDRESS`, and `key value` pairs behind it. */
function readWords(words: readonly string[]) {
  const pairs: Record<string, string> = {};
  let address: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (['dev', 'lladdr', 'nud', 'to', 'state'].includes(word)) pairs[word] = words[++i] ?? '';
    else address ??= word;
  }
  return {
    address: pairs['to'] ?? address,
    device: pairs['dev'],
    mac: pairs['lladdr'],
    nud: pairs['nud'] ?? pairs['state'],
  };
}

function lineOf({ address, device, mac, state }: Neighbour, shown: string | undefined): string {
  return [
    address,
    ...(shown === undefined ? [`dev ${device}`] : []),
    ...(mac === undefined ? [] : [`lladdr ${mac}`]),
    `${state} `,
  ].join(' ');
}

const briefLine = ({ address, device, mac = '' }: Neighbour) =>
  `${address.padEnd(39)} ${device.padEnd(16)} ${mac}`;

function select(
  words: readonly string[],
  family: 4 | 6 | undefined,
  { namespace }: LocalSystem,
): readonly Neighbour[] {
  const { address, device, nud } = readWords(words);
  return namespace.neighbours.filter(
    (entry) =>
      (device === undefined || entry.device === device) &&
      (address === undefined || entry.address === address) &&
      (nud === undefined || nud === 'all' || entry.state === nud.toUpperCase()) &&
      (family === undefined || ipVersion(entry.address) === family),
  );
}

/** PERMANENT ones stay: they were put there by hand. */
function flush(words: readonly string[], family: 4 | 6 | undefined, system: LocalSystem) {
  if (words.length === 0) return fail('Flush requires arguments.', 1);
  const { device } = readWords(words);
  if (device !== undefined && !system.namespace.links[device])
    return fail(`Cannot find device "${device}"`, 1);
  const { neighbours } = system.namespace;
  const gone = select(
    words.filter((word) => word !== 'all'),
    family,
    system,
  );
  const left = neighbours.filter((entry) => entry.state === 'PERMANENT' || !gone.includes(entry));
  neighbours.splice(0, neighbours.length, ...left);
  return finished('');
}

const STATES: readonly Neighbour['state'][] = [
  'PERMANENT',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'FAILED',
  'INCOMPLETE',
];
const MAC = /^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i;

/** What is wrong with the words of a change, in ipneigh_modify's order. */
function complaintOf(words: readonly string[], { namespace }: LocalSystem) {
  const { address, device, mac, nud } = readWords(words);
  if (nud !== undefined && !STATES.some((state) => state === nud.toUpperCase()))
    return fail(`Error: argument "${nud}" is wrong: nud state is bad`, 255);
  if (address === undefined || device === undefined)
    return fail('Device and destination are required arguments.', 255);
  if (ipVersion(address) === undefined)
    return fail(`Error: any valid address is expected rather than "${address}".`, 1);
  if (mac !== undefined && !MAC.test(mac)) return fail(`"${mac}" is invalid lladdr.`, 1);
  if (!namespace.links[device]) return fail(`Cannot find device "${device}"`, 1);
  return undefined;
}

function change(
  verb: 'add' | 'replace' | 'change' | 'del',
  words: readonly string[],
  system: LocalSystem,
  { cluster }: CommandContext,
): CommandResult {
  const complaint = complaintOf(words, system);
  if (complaint) return complaint;
  const { address = '', device = '', mac, nud } = readWords(words);
  const { neighbours } = system.namespace;
  const index = neighbours.findIndex((one) => one.address === address && one.device === device);
  if (verb === 'del') {
    if (index < 0) return fail('RTNETLINK answers: No such file or directory');
    neighbours.splice(index, 1);
    return finished('');
  }
  if (index >= 0 && verb === 'add') return fail('RTNETLINK answers: File exists');
  if (index < 0 && verb === 'change') return fail('RTNETLINK answers: No such file or directory');
  if (mac === undefined) return fail('Error: No link layer address given.');
  const entry: Neighbour = {
    address,
    device,
    mac: mac.toLowerCase(),
    state: STATES.find((state) => state === nud?.toUpperCase()) ?? 'PERMANENT',
    at: cluster.now,
  };
  neighbours.splice(index < 0 ? neighbours.length : index, index < 0 ? 0 : 1, entry);
  return finished('');
}

/** `ip neighbour show|add|replace|change|del|flush|get`. */
export function ipNeighbour(
  words: readonly string[],
  { family, brief }: IpOptions,
  system: LocalSystem,
  context: CommandContext,
): CommandResult {
  const [verb = 'show', ...rest] = words;
  const is = (name: string) => verb !== '' && name.startsWith(verb);
  if (is('show') || is('list') || verb === 'lst') {
    const { device } = readWords(rest);
    if (device !== undefined && !system.namespace.links[device]) {
      return fail(`Cannot find device "${device}"`, 1);
    }
    const shown = brief ? briefLine : (entry: Neighbour) => lineOf(entry, device);
    const lines = select(rest, family, system).map((entry) => `${shown(entry)}\n`);
    return finished(lines.join(''));
  }
  if (is('get')) {
    const { address, device } = readWords(rest);
    if (address === undefined || device === undefined)
      return fail('Device and address are required arguments.', 1);
    const [found] = select(rest, undefined, system);
    return found
      ? finished(`${lineOf(found, undefined)}\n`)
      : fail('Error: Neighbour entry not found.');
  }
  const known = (['add', 'replace', 'change', 'delete', 'flush'] as const).find(is);
  if (known === undefined) {
    return fail(`Command "${verb}" is unknown, try "ip neigh help".`, 255);
  }
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  if (known === 'flush') return flush(rest, family, system);
  return change(known === 'delete' ? 'del' : known, rest, system, context);
}
