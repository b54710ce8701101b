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
  inOrder,
  linkFlags,
  linkLines,
  linkState,
  queueLengthOf,
  queueOf,
  scopeOf,
} from './link-text.ts';
import { trafficJson, trafficLines } from './traffic-text.ts';

/** Links that `show [dev] NAME`, `show up`, `type KIND`, `master NAME` leave; a text is the error. */
function selectLinks(words: readonly string[], { namespace }: LocalSystem): Link[] | string {
  let links = inOrder(namespace);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'up') links = links.filter(({ isUp }) => isUp);
    else if (word === 'type') {
      const kind = words[++i];
      links = links.filter((link) => link.kind === kind);
    } else if (word === 'master') {
      const master = words[++i];
      links = links.filter((link) => link.master === master);
    } else if (word === 'scope' || word === 'to') i += 1;
    else {
      const name = word === 'dev' ? (words[++i] ?? '') : word;
      if (!namespace.links[name]) return `Device "${name}" does not exist.`;
      links = links.filter((link) => link.name === name);
    }
  }
  return links;
}

interface Shown {
  readonly network: Network;
  readonly namespace: NetworkNamespace;
  readonly link: Link;
  readonly addresses: readonly InterfaceAddress[];
}

const LIFETIME = 4_294_967_295;

/** `-j`: the members in ip(8)'s order. */
function toJson(
  { network, namespace, link, addresses }: Shown,
  mode: 'link' | 'address',
  { statistics }: IpOptions,
) {
  const isLoopback = link.kind === 'loopback';
  return {
    ifindex: link.index,
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
  const links = selectLinks(words, system);
  if (typeof links === 'string') return finished('', 1, `${links}\n`);
  const { family } = options;
  const shown = links
    .map((link): Shown => {
      const addresses = addressesOn(namespace, link).filter(
        ({ address }) => family === undefined || ipVersion(address) === family,
      );
      return { network, namespace, link, addresses };
    })
    .filter(({ addresses }) => mode === 'link' || family === undefined || addresses.length > 0);
  if (options.json)
    return finished(`${JSON.stringify(shown.map((one) => toJson(one, mode, options)))}\n`);
  const lines = shown.flatMap((one) => linesOf(one, mode, options));
  return finished(lines.map((line) => `${line}\n`).join(''));
}
