import { cidrOfFamily } from '../base/cidr.ts';
import { addToIp, ipVersion } from '../base/ip.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import type { Network } from '../linux/network.ts';

export type AddressFamily = 'IPv4' | 'IPv6';

/** What an ipBlock may say: a range, and what it may except of it. */
export interface AddressBlock {
  readonly cidr: string;
  readonly inside: readonly string[];
}

/** Pods, nodes, outside: whole ranges, parts of them, single addresses. */
const BLOCKS_4: readonly AddressBlock[] = [
  { cidr: '0.0.0.0/0', inside: ['10.0.0.0/8', '192.168.10.0/28', '172.20.0.10/32'] },
  { cidr: '0.0.0.0/0', inside: ['10.244.1.0/24', '128.0.0.0/1'] },
  { cidr: '10.244.0.0/16', inside: ['10.244.0.0/24', '10.244.1.0/30', '10.244.2.3/32'] },
  { cidr: '10.244.0.0/15', inside: ['10.244.0.2/31', '10.244.1.2/31', '10.244.2.2/31'] },
  { cidr: '10.244.0.0/24', inside: ['10.244.0.4/31', '10.244.0.3/32'] },
  { cidr: '10.244.1.0/29', inside: ['10.244.1.4/30', '10.244.1.2/32'] },
  { cidr: '10.244.2.2/31', inside: [] },
  { cidr: '192.168.10.0/24', inside: ['192.168.10.8/29', '192.168.10.100/32'] },
  { cidr: '192.168.10.11/32', inside: [] },
  { cidr: '192.168.10.100/32', inside: [] },
  { cidr: '172.16.0.0/12', inside: ['172.20.0.0/24'] },
  { cidr: '203.0.113.0/24', inside: ['203.0.113.96/27'] },
];

const BLOCKS_6: readonly AddressBlock[] = [
  { cidr: '::/0', inside: ['fd00:10:244::/56', 'fd00:10::10/124', '2001:db8:2::/64'] },
  { cidr: '::/0', inside: ['fd00:10:244:1::/64', '8000::/1'] },
  { cidr: 'fd00:10:244::/56', inside: ['fd00:10:244::/64', 'fd00:10:244:1::2/127'] },
  { cidr: 'fd00:10:244::/64', inside: ['fd00:10:244::4/126', 'fd00:10:244::3/128'] },
  { cidr: 'fd00:10:244:1::/125', inside: ['fd00:10:244:1::2/128'] },
  { cidr: 'fd00:10::/64', inside: ['fd00:10::8/125', 'fd00:10::100/128'] },
  { cidr: 'fd00:10::11/128', inside: [] },
  { cidr: '0.0.0.0/0', inside: ['10.244.0.0/16'] },
];

/** The addresses of one family that a generated cluster uses. */
export interface Addressing {
  readonly family: AddressFamily;
  readonly nodes: readonly string[];
  readonly loopback: string;
  readonly podRange: string;
  readonly serviceRange: string;
  /** Of the service range, and no Service has it. */
  readonly unallocated: string;
  /** Nobody has it anywhere. */
  readonly nobody: string;
  /** Ranges that loadBalancerSourceRanges are drawn from. */
  readonly sourceRanges: readonly string[];
  /** Ranges that policies speak of, and ranges inside each. */
  readonly blocks: readonly AddressBlock[];
  /** Behind one address. */
  readonly hostPrefix: string;
  readonly externalIp: (index: number) => string;
  readonly balancerIp: (index: number) => string;
}

const UNALLOCATED = 200;

const unallocatedIn = (range: string) => addToIp(range.split('/')[0] ?? '', UNALLOCATED) ?? '';

function addressing4(options: ClusterOptions): Addressing {
  const serviceRange = cidrOfFamily(options.serviceCidr, 4) ?? '';
  return {
    family: 'IPv4',
    nodes: options.nodes.map(({ address }) => address),
    loopback: '127.0.0.1',
    podRange: cidrOfFamily(options.podCidr, 4) ?? '',
    serviceRange,
    unallocated: unallocatedIn(serviceRange),
    nobody: '198.51.100.9',
    blocks: BLOCKS_4,
    sourceRanges: ['192.168.10.100/32', '10.244.0.0/24', '192.168.10.0/28', '203.0.113.96/27'],
    hostPrefix: '/32',
    externalIp: (index) => `198.51.100.${index + 1}`,
    balancerIp: (index) => `198.51.100.${index + 101}`,
  };
}

function addressing6(options: ClusterOptions): Addressing {
  const serviceRange = cidrOfFamily(options.serviceCidr, 6) ?? '';
  return {
    family: 'IPv6',
    nodes: options.nodes.flatMap(({ address6 }) => address6 ?? []),
    loopback: '::1',
    podRange: cidrOfFamily(options.podCidr, 6) ?? '',
    serviceRange,
    unallocated: unallocatedIn(serviceRange),
    nobody: '2001:db8:1::200',
    blocks: BLOCKS_6,
    sourceRanges: ['fd00:10::100/128', 'fd00:10:244::/64', 'fd00:10::10/124', '2001:db8:2::/64'],
    hostPrefix: '/128',
    externalIp: (index) => `2001:db8:51::${index + 1}`,
    balancerIp: (index) => `2001:db8:2::${index + 1}`,
  };
}

export const addressingOf = (options: ClusterOptions, family: AddressFamily): Addressing =>
  family === 'IPv6' ? addressing6(options) : addressing4(options);

export const isOfFamily = (address: string, family: AddressFamily) =>
  ipVersion(address) === (family === 'IPv6' ? 6 : 4);

/** The address of a machine's eth0, if it has one of the family. */
export function addressOfMachine(
  { namespaces }: Network,
  machine: string,
  family: AddressFamily,
): string | undefined {
  const addresses = namespaces[machine]?.links['eth0']?.addresses ?? [];
  return addresses.find(({ address }) => isOfFamily(address, family))?.address;
}
