import { networkOf } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import type { Link } from '../../linux/network.ts';
import {
  addAddress,
  addBridge,
  addDummy,
  addVethPair,
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
      if (!Number.isInteger(mtu) || mtu < 68) return fail('Error: mtu less than device minimum.');
      link.mtu = mtu;
      return undefined;
    }
    case 'address':
      if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) {
        return fail(`"${value}" is invalid lladdr.`, 255);
      }
      link.mac = value.toLowerCase();
      return undefined;
    case 'master':
      if (namespace.links[value]?.kind !== 'bridge') {
        return namespace.links[value]
          ? fail('Error: Device does not allow enslaving.')
          : fail('Error: argument "' + value + '" is wrong: Device does not exist', 255);
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

/** `ip link add NAME type bridge|dummy|veth [peer name OTHER]`. Simplified: no other kinds; VXLAN devices are made by the CNI. */
export function addLink(
  words: readonly string[],
  { namespace, mayAdminister }: LocalSystem,
  { cluster: { network, environment } }: CommandContext,
): CommandResult {
  const rest = words.filter((word) => word !== 'name' && word !== 'dev' && word !== 'peer');
  const [name = '', , kind, peer] = rest;
  if (!mayAdminister) return fail(NOT_PERMITTED);
  if (rest[1] !== 'type' || kind === undefined) {
    return fail('Not enough information: "type" argument is required.', 255);
  }
  if (namespace.links[name] || (peer !== undefined && namespace.links[peer])) {
    return fail('RTNETLINK answers: File exists');
  }
  if (kind === 'bridge') addBridge(network, environment, { namespace: namespace.id, name });
  else if (kind === 'dummy') addDummy(network, environment, { namespace: namespace.id, name });
  else if (kind === 'veth') {
    const other = peer ?? `veth${namespace.nextLinkIndex}`;
    addVethPair(
      network,
      environment,
      { namespace: namespace.id, name },
      { namespace: namespace.id, name: other },
    );
    setLinkState(network, namespace.id, other, 'down');
  } else return fail('Error: Unknown device type.');
  setLinkState(network, namespace.id, name, 'down');
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

/** `ip addr add|del ADDRESS dev NAME`, `ip addr flush dev NAME`. */
export function changeAddress(
  verb: 'add' | 'del' | 'flush',
  words: readonly string[],
  { namespace, mayAdminister }: LocalSystem,
  { cluster: { network } }: CommandContext,
): CommandResult {
  const device = deviceOf(words) ?? (verb === 'flush' ? words[0] : undefined);
  if (verb === 'flush' && device === undefined) return fail('Flush requires arguments.', 1);
  const cidr = words.find((word, i) => word !== 'dev' && words[i - 1] !== 'dev') ?? '';
  if (verb !== 'flush' && networkOf(cidr) === undefined && ipVersion(cidr) === undefined) {
    return fail(`Error: any valid prefix is expected rather than "${cidr}".`, 1);
  }
  if (device === undefined) {
    return fail('Not enough information: "dev" argument is required.', 1);
  }
  const link = namespace.links[device];
  if (!link) {
    return verb === 'flush' ? fail(`Device "${device}" does not exist.`, 1) : NO_DEVICE(device);
  }
  if (!mayAdminister) return fail(NOT_PERMITTED);
  const remove = (address: string) => removeAddress(network, namespace.id, device, address);
  if (verb === 'flush') {
    for (const { address } of [...link.addresses]) remove(address);
    return finished('');
  }
  const address = cidr.split('/')[0] ?? '';
  const family = ipVersion(address) === 6 ? 'ipv6: address' : 'ipv4: Address';
  const isThere = link.addresses.some((entry) => entry.address === address);
  if (verb === 'del') {
    if (!isThere) return fail(`Error: ${family} not found.`);
    remove(address);
    return finished('');
  }
  if (isThere) return fail(`Error: ${family} already assigned.`);
  const host = ipVersion(address) === 6 ? 128 : 32;
  addAddress(network, namespace.id, device, cidr.includes('/') ? cidr : `${cidr}/${host}`);
  return finished('');
}
