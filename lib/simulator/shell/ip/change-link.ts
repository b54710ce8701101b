import { networkOf } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import type { Link } from '../../linux/network.ts';
import {
  addAddress,
  removeAddress,
  removeLink,
  setLinkState,
  setMaster,
} from '../../linux/links.ts';
import { finished, type CommandContext, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';

const fail = (text: string, exitCode = 2) => finished('', exitCode, `${text}\n`);
const NOT_PERMITTED = 'RTNETLINK answers: Operation not permitted';
const NO_DEVICE = (name: string) => fail(`Cannot find device "${name}"`, 1);

/** One `key value` of `ip link set`. Undefined when it is done. */
function setOne(
  link: Link,
  word: string,
  value: string,
  { namespace }: LocalSystem,
  { cluster: { network } }: CommandContext,
): CommandResult | undefined {
  switch (word) {
    case 'mtu': {
      const mtu = Number(value);
      if (!/^\d+$/.test(value))
        return fail(`Error: argument "${value}" is wrong: Invalid "mtu" value\n`, 255);
      if (mtu < 68) return fail('Error: mtu less than device minimum.');
      link.mtu = mtu;
      return undefined;
    }
    case 'address':
      if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) {
        return fail(`"${value}" is invalid lladdr.`, 1);
      }
      link.mac = value.toLowerCase();
      if (link.kind === 'bridge') link.hasOwnMac = true;
      return undefined;
    case 'master':
      if (namespace.links[value]?.kind !== 'bridge') {
        return namespace.links[value]
          ? fail('RTNETLINK answers: Operation not supported')
          : fail(`Error: argument "${value}" is wrong: Device does not exist\n`, 255);
      }
      setMaster(network, namespace.id, link.name, value);
      return undefined;
    default:
      return fail(`Error: either "dev" is duplicate, or "${word}" is a garbage.`, 255);
  }
}

/** `ip link set NAME up|down|mtu N|address MAC|master BRIDGE|nomaster|promisc on`. */
export function setLink(
  words: readonly string[],
  system: LocalSystem,
  context: CommandContext,
): CommandResult {
  const [name = '', ...changes] = words[0] === 'dev' ? words.slice(1) : words;
  const link = system.namespace.links[name];
  if (!link) return NO_DEVICE(name);
  if (!system.mayAdminister) return fail(NOT_PERMITTED);
  const { network } = context.cluster;
  for (let i = 0; i < changes.length; i++) {
    const word = changes[i] ?? '';
    if (word === 'up' || word === 'down') setLinkState(network, system.namespace.id, name, word);
    else if (word === 'nomaster') delete link.master;
    else if (word === 'promisc') {
      if (changes[++i] === 'on') link.promiscuous = true;
      else delete link.promiscuous;
    } else {
      const problem = setOne(link, word, changes[++i] ?? '', system, context);
      if (problem) return problem;
    }
  }
  return finished('');
}

/** `ip link del NAME`. */
export function deleteLink(
  words: readonly string[],
  { namespace, mayAdminister }: LocalSystem,
  { cluster: { network } }: CommandContext,
): CommandResult {
  const name = (words[0] === 'dev' ? words[1] : words[0]) ?? '';
  const link = namespace.links[name];
  if (!link) return NO_DEVICE(name);
  if (!mayAdminister) return fail(NOT_PERMITTED);
  if (link.kind === 'loopback') return fail('RTNETLINK answers: Operation not supported');
  removeLink(network, namespace.id, name);
  return finished('');
}

const deviceOf = (words: readonly string[]) => {
  const at = words.indexOf('dev');
  return at < 0 ? undefined : words[at + 1];
};

/** Words with a value, and flags, that say more of an address. Simplified: they change nothing but its life. */
const ADDRESS_PAIRS = [
  'dev',
  'brd',
  'broadcast',
  'scope',
  'label',
  'metric',
  'valid_lft',
  'preferred_lft',
];
const ADDRESS_FLAGS = ['nodad', 'noprefixroute', 'home', 'mngtmpaddr'];

const addressWords = (words: readonly string[]) =>
  words.filter(
    (word, i) =>
      !ADDRESS_PAIRS.includes(word) &&
      !ADDRESS_FLAGS.includes(word) &&
      word !== 'local' &&
      !ADDRESS_PAIRS.includes(words[i - 1] ?? ''),
  );

/** `ip addr add|replace|del ADDRESS dev NAME`. */
export function changeAddress(
  verb: 'add' | 'replace' | 'del',
  words: readonly string[],
  { namespace, mayAdminister }: LocalSystem,
  { cluster: { network } }: CommandContext,
): CommandResult {
  const device = deviceOf(words);
  const [cidr = '', garbage] = addressWords(words);
  if (networkOf(cidr) === undefined && ipVersion(cidr) === undefined) {
    return fail(`Error: any valid prefix is expected rather than "${cidr}".`, 1);
  }
  if (garbage !== undefined)
    return fail(`Error: either "local" is duplicate, or "${garbage}" is a garbage.`, 255);
  if (device === undefined) {
    return fail('Not enough information: "dev" argument is required.', 1);
  }
  const link = namespace.links[device];
  if (!link) return NO_DEVICE(device);
  if (!mayAdminister) return fail(NOT_PERMITTED);
  const address = cidr.split('/')[0] ?? '';
  const family = ipVersion(address) === 6 ? 'ipv6: address' : 'ipv4: Address';
  const isThere = link.addresses.some((entry) => entry.address === address);
  if (verb === 'del') {
    if (!isThere) return fail(`Error: ${family} not found.`);
    removeAddress(network, namespace.id, device, address);
    return finished('');
  }
  if (isThere)
    return verb === 'replace' ? finished('') : fail(`Error: ${family} already assigned.`);
  const host = ipVersion(address) === 6 ? 128 : 32;
  addAddress(network, namespace.id, device, cidr.includes('/') ? cidr : `${cidr}/${host}`);
  return finished('');
}

/** `ip [-4|-6] addr flush [dev] NAME`. */
export function flushAddresses(
  words: readonly string[],
  family: 4 | 6 | undefined,
  { namespace, mayAdminister }: LocalSystem,
  { cluster: { network } }: CommandContext,
): CommandResult {
  const device = deviceOf(words) ?? words[0];
  if (device === undefined) return fail('Flush requires arguments.', 1);
  const link = namespace.links[device];
  if (!link) return fail(`Device "${device}" does not exist.`, 1);
  if (!mayAdminister) return fail(NOT_PERMITTED);
  for (const { address } of [...link.addresses])
    if (family === undefined || ipVersion(address) === family)
      removeAddress(network, namespace.id, device, address);
  return finished('');
}
