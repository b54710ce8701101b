import { cidrContains } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { addressesOn } from '../../linux/addresses.ts';
import type { InterfaceAddress, Link, Network, NetworkNamespace } from '../../linux/network.ts';
import { finished, type CommandContext, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';
import type { IpOptions } from './ip-options.ts';
import { detailText } from './link-details.ts';
import {
  addressLines,
  briefLine,
  broadcastOf,
  inAddressOrder,
  inOrder,
  linkFlags,
  linkLines,
  linkName,
  linkState,
  queueLengthOf,
  queueOf,
  scopeOf,
} from './link-text.ts';
import { trafficJson, trafficLines } from './traffic-text.ts';

interface Chosen {
  links: Link[];
  /** `to PREFIX` and `scope NAME`: addresses that are shown. */
  prefix?: string;
  scope?: string;
}

const INCOMPLETE = 'Command line is not complete. Try option "help"';

/** What `show [dev] NAME`, `up`, `type KIND`, `master NAME`, `to PREFIX`, `scope NAME` leave; a text is the error. */
function choose(words: readonly string[], { namespace }: LocalSystem): Chosen | string {
  const chosen: Chosen = { links: inOrder(namespace) };
  const keep = (test: (link: Link) => boolean) => {
    chosen.links = chosen.links.filter(test);
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const isPair = ['type', 'master', 'scope', 'to', 'dev'].includes(word);
    const value = isPair ? words[++i] : word;
    if (value === undefined) return INCOMPLETE;
    if (word === 'up') keep(({ isUp }) => isUp);
    else if (word === 'type') keep(({ kind }) => kind === value);
    else if (word === 'master') {
      if (!namespace.links[value]) return `Device "${value}" does not exist.`;
      keep(({ master }) => master === value);
    } else if (word === 'scope') chosen.scope = value;
    else if (word === 'to') chosen.prefix = value;
    else {
      if (!namespace.links[value]) return `Device "${value}" does not exist.`;
      keep(({ name }) => name === value);
    }
  }
  return chosen;
}

interface Shown {
  readonly network: Network;
  readonly namespace: NetworkNamespace;
  readonly link: Link;
  readonly addresses: readonly InterfaceAddress[];
}

const prefixFamily = (text: string) => (text.includes(':') ? 6 : 4);

const asPrefix = (text: string) =>
  text.includes('/') ? text : `${text}/${ipVersion(text) === 6 ? 128 : 32}`;

const LIFETIME = 4_294_967_295;

/** `-j`: the members in ip(8)'s order. */
function toJson(
  { network, namespace, link, addresses }: Shown,
  mode: 'link' | 'address',
  { statistics }: IpOptions,
) {
  const isLoopback = link.kind === 'loopback';
  const other = linkName(network, namespace, link).slice(link.name.length + 1);
  return {
    ifindex: link.index,
    ...(other === ''
      ? {}
      : other.startsWith('if')
        ? { link_index: Number(other.slice(2)) }
        : { link: other }),
    ifname: link.name,
    flags: linkFlags(network, namespace, link),
    mtu: link.mtu,
    qdisc: queueOf(network, namespace, link),
    ...(link.master === undefined ? {} : { master: link.master }),
    operstate: linkState(network, namespace, link),
    ...(mode === 'link' ? { linkmode: 'DEFAULT' } : {}),
    group: 'default',
    ...(queueLengthOf(link) === 0 ? {} : { txqlen: queueLengthOf(link) }),
    link_type: isLoopback ? 'loopback' : 'ether',
    address: isLoopback ? '00:00:00:00:00:00' : link.mac,
    broadcast: isLoopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff',
    ...(mode === 'link' ? {} : { addr_info: addresses.map((entry) => addressJson(link, entry)) }),
    ...(statistics ? { stats64: trafficJson(link) } : {}),
  };
}

function addressJson(link: Link, entry: InterfaceAddress) {
  const isV6 = ipVersion(entry.address) === 6;
  const broadcast = broadcastOf(link, entry);
  return {
    family: isV6 ? 'inet6' : 'inet',
    local: entry.address,
    prefixlen: entry.prefix,
    ...(broadcast === undefined ? {} : { broadcast }),
    scope: scopeOf(link, entry),
    ...(isV6 ? {} : { label: link.name }),
    valid_life_time: LIFETIME,
    preferred_life_time: LIFETIME,
  };
}

function linesOf(shown: Shown, mode: 'link' | 'address', options: IpOptions): string[] {
  const { network, namespace, link, addresses } = shown;
  if (options.brief) {
    return [briefLine(network, namespace, link, mode === 'link' ? 'link' : addresses)];
  }
  const head = linkLines(network, namespace, link, mode);
  if (options.details) head[1] += detailText(link, namespace);
  const statistics = options.statistics ? trafficLines(link) : [];
  if (mode === 'link') {
    return options.oneLine ? [head.join('\\')] : [...head, ...statistics];
  }
  const body = addresses.map((entry) => addressLines(link, entry));
  if (options.oneLine) {
    return body.map(
      (pair) =>
        `${link.index}: ${link.name}    ${pair.map((line) => line.trimStart()).join('\\       ')}`,
    );
  }
  const shownHead = options.family === undefined ? head : head.slice(0, 1);
  return [...shownHead, ...body.flat(), ...statistics];
}

/** `ip link show` and `ip addr show`. */
export function showLinks(
  words: readonly string[],
  mode: 'link' | 'address',
  options: IpOptions,
  system: LocalSystem,
  { cluster: { network } }: CommandContext,
): CommandResult {
  const { namespace } = system;
  const chosen = choose(words, system);
  if (typeof chosen === 'string')
    return finished('', chosen === INCOMPLETE ? 255 : 1, `${chosen}\n`);
  const { links, prefix, scope } = chosen;
  const family = options.family ?? (prefix === undefined ? undefined : prefixFamily(prefix));
  const isFiltered = family !== undefined || prefix !== undefined || scope !== undefined;
  const shown = links
    .map((link): Shown => {
      const addresses = inAddressOrder(link, addressesOn(namespace, link)).filter(
        (entry) =>
          (family === undefined || ipVersion(entry.address) === family) &&
          (prefix === undefined || cidrContains(asPrefix(prefix), entry.address)) &&
          (scope === undefined || scopeOf(link, entry) === scope),
      );
      return { network, namespace, link, addresses };
    })
    .filter(({ addresses }) => mode === 'link' || !isFiltered || addresses.length > 0);
  if (options.json)
    return finished(`${JSON.stringify(shown.map((one) => toJson(one, mode, options)))}\n`);
  const lines = shown.flatMap((one) => linesOf(one, mode, { ...options, family }));
  return finished(lines.map((line) => `${line}\n`).join(''));
}
