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
    if (['dev', 'lladdr', 'nud', 'to'].includes(word)) pairs[word] = words[++i] ?? '';
    else address ??= word;
  }
  return {
    address: pairs['to'] ?? address,
    device: pairs['dev'],
    mac: pairs['lladdr'],
    nud: pairs['nud'],
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

function change(
  verb: 'add' | 'replace' | 'del',
  words: readonly string[],
  { namespace }: LocalSystem,
  { cluster }: CommandContext,
): CommandResult {
  const { address, device, mac } = readWords(words);
  if (address === undefined || device === undefined) {
    return fail('Device and destination are required arguments.', 255);
  }
  if (!namespace.links[device]) return fail(`Cannot find device "${device}"`, 1);
  if (ipVersion(address) === undefined) {
    return fail(`Error: inet prefix is expected rather than "${address}".`, 1);
  }
  const { neighbours } = namespace;
  const index = neighbours.findIndex((one) => one.address === address && one.device === device);
  if (verb === 'del') {
    if (index < 0) return fail('RTNETLINK answers: No such file or directory');
    neighbours.splice(index, 1);
    return finished('');
  }
  if (index >= 0 && verb === 'add') return fail('RTNETLINK answers: File exists');
  if (mac === undefined) return fail('RTNETLINK answers: Invalid argument');
  const entry: Neighbour = {
    address,
    device,
    mac: mac.toLowerCase(),
    state: 'PERMANENT',
    at: cluster.now,
  };
  neighbours.splice(index < 0 ? neighbours.length : index, index < 0 ? 0 : 1, entry);
  return finished('');
}

/** `ip neighbour show|add|replace|change|del|flush|get`. */
export function ipNeighbour(
  words: readonly string[],
  { family }: IpOptions,
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
    const lines = select(rest, family, system).map((entry) => `${lineOf(entry, device)}\n`);
    return finished(lines.join(''));
  }
  if (is('get')) {
    const [found] = select(rest, undefined, system);
    return found
      ? finished(`${lineOf(found, undefined)}\n`)
      : fail('Error: Neighbour entry not found.');
  }
  const known = (['add', 'replace', 'change', 'delete', 'flush'] as const).find(is);
  if (known === undefined) {
    return fail(`Command "${verb}" is unknown, try "ip neighbour help".`, 255);
  }
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  if (known === 'flush') return flush(rest, family, system);
  return change(
    known === 'add' ? 'add' : known === 'delete' ? 'del' : 'replace',
    rest,
    system,
    context,
  );
}
