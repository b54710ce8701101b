import { ipVersion } from '../base/ip.ts';
import type { Link, Network, NetworkNamespace, Route } from '../linux/network.ts';

/** What `ip` and /proc/sys are told to make one namespace of the kernel like the simulator's. */
export interface NamespaceLayOut {
  readonly id: string;
  /** Before any device exists: what a device inherits. */
  readonly earlySysctls: Readonly<Record<string, string>>;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Lines for `ip -batch` inside the namespace. */
  readonly ip: readonly string[];
  /** Lines for `bridge -batch`. */
  readonly bridge: readonly string[];
}

export interface LayOut {
  /** Lines for one `ip -batch` that makes every device in its namespace: `{id}` stands for a namespace. */
  readonly devices: readonly string[];
  readonly namespaces: readonly NamespaceLayOut[];
}

/**
 * Not part of the comparison: ICMP errors are not rationed (a rationed one looks like silence), and connections are reported
 * even when nobody listened at the start.
 */
const HARNESS_SYSCTLS: Readonly<Record<string, string>> = {
  'ipv4.icmp_ratelimit': '0',
  'ipv4.icmp_ratemask': '0',
  'ipv6.icmp.ratelimit': '0',
  'netfilter.nf_conntrack_events': '1',
};

const hasIpv6 = ({ links }: NetworkNamespace) =>
  Object.values(links).some((link) =>
    link.addresses.some(({ address }) => ipVersion(address) === 6 && address !== '::1'),
  );

/** IPv6 addresses are used at once (no duplicate address detection); without any, the kernel is kept from making its own. */
const earlySysctls = (namespace: NetworkNamespace): Record<string, string> => ({
  'ipv4.conf.default.rp_filter': namespace.sysctls['ipv4.conf.default.rp_filter'] ?? '0',
  'ipv4.conf.all.rp_filter': namespace.sysctls['ipv4.conf.all.rp_filter'] ?? '0',
  'ipv6.conf.default.accept_dad': '0',
  'ipv6.conf.default.dad_transmits': '0',
  'ipv6.conf.default.accept_ra': '0',
  'ipv6.conf.default.disable_ipv6': hasIpv6(namespace) ? '0' : '1',
});

function deviceLines(id: string, link: Link): string[] {
  const name = `name ${link.name} netns {${id}} address ${link.mac} mtu ${link.mtu}`;
  switch (link.kind) {
    case 'loopback':
      return [];
    case 'bridge':
    case 'dummy':
      return [`link add ${name} type ${link.kind}`];
    case 'veth':
      return [
        `link add ${name} type veth peer name ${link.peer.link} netns {${link.peer.namespace}}`,
      ];
    case 'vxlan':
      return [];
  }
}

/** A tunnel is made inside its namespace: it stands on a device of it. */
function tunnelLine(link: Extract<Link, { kind: 'vxlan' }>): string {
  const parts = [`link add name ${link.name} address ${link.mac} mtu ${link.mtu}`];
  parts.push(`type vxlan id ${link.vni} dstport ${link.port}`);
  if (link.local !== undefined) parts.push(`local ${link.local}`);
  if (link.underlay !== undefined) parts.push(`dev ${link.underlay}`);
  parts.push(link.learning === 'on' ? 'learning' : 'nolearning');
  return parts.join(' ');
}

/** Of a veth pair the end that is listed first makes both; here the other end gets its own MAC and MTU. */
function linkLines(link: Link): string[] {
  const lines: string[] = [];
  if (link.kind === 'vxlan') lines.push(tunnelLine(link));
  if (link.kind === 'veth')
    lines.push(`link set dev ${link.name} address ${link.mac} mtu ${link.mtu}`);
  if (link.master !== undefined) {
    lines.push(`link set dev ${link.name} master ${link.master}`);
    if (link.hairpin) lines.push(`link set dev ${link.name} type bridge_slave hairpin on`);
  }
  return lines;
}

/** 127.0.0.1 and ::1 come with lo. */
const addressLines = (link: Link) =>
  link.kind === 'loopback'
    ? []
    : link.addresses.map(
        ({ address, prefix }) =>
          `addr add ${address}/${prefix} dev ${link.name}${ipVersion(address) === 6 ? ' nodad' : ''}`,
      );

const words = (pairs: readonly (readonly [string, string | number | undefined])[]) =>
  pairs.flatMap(([word, value]) =>
    value === undefined || value === '' ? [] : `${word} ${String(value)}`,
  );

/** The kernel makes the routes of its addresses itself. */
function routeLine(route: Route): string | undefined {
  const { destination, via, device, protocol, scope, source, metric, table, type } = route;
  if (protocol === 'kernel') return undefined;
  return [
    `route add ${type === undefined ? '' : `${type} `}${destination}`,
    ...words([
      ['via', via],
      ['dev', device],
    ]),
    ...(route.onlink ? ['onlink'] : []),
    ...words([
      ['proto', protocol],
      ['scope', scope],
      ['src', source],
      ['metric', metric],
      ['table', table],
    ]),
  ].join(' ');
}

const neighbourLines = ({ neighbours }: NetworkNamespace) =>
  neighbours.flatMap(({ state, mac, address, device }) =>
    state === 'PERMANENT' && mac !== undefined
      ? [`neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`]
      : [],
  );

const tunnelEntries = ({ links }: NetworkNamespace) =>
  Object.values(links).flatMap((link) =>
    link.kind === 'vxlan'
      ? link.fdb
          .filter(({ state }) => state === 'permanent')
          .map(
            ({ mac, remote }) => `fdb append ${mac} dev ${link.name} dst ${remote} self permanent`,
          )
      : [],
  );

function layOutNamespace(namespace: NetworkNamespace): NamespaceLayOut {
  const links = Object.values(namespace.links);
  const up = links.filter(({ isUp }) => isUp).map(({ name }) => `link set dev ${name} up`);
  const routes = namespace.routes.flatMap((route) => routeLine(route) ?? []);
  return {
    id: namespace.id,
    earlySysctls: earlySysctls(namespace),
    sysctls: { ...HARNESS_SYSCTLS, ...namespace.sysctls },
    ip: [
      ...links.flatMap(linkLines),
      ...links.flatMap(addressLines),
      ...up,
      ...neighbourLines(namespace),
      ...routes,
    ],
    bridge: tunnelEntries(namespace),
  };
}

/**
 * The simulator's network as instructions for a kernel: the same namespaces, devices, MACs, addresses, routes, permanent
 * neighbours and sysctls. What the kernel works out by itself (connected routes, ARP) is left to it.
 */
export function layOutNetwork(network: Network): LayOut {
  const made = new Set<string>();
  const devices: string[] = [];
  for (const [id, { links }] of Object.entries(network.namespaces)) {
    for (const link of Object.values(links)) {
      if (made.has(`${id} ${link.name}`)) continue;
      if (link.kind === 'veth') made.add(`${link.peer.namespace} ${link.peer.link}`);
      devices.push(...deviceLines(id, link));
    }
  }
  return { devices, namespaces: Object.values(network.namespaces).map(layOutNamespace) };
}
