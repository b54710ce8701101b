import { cidrOfFamily } from '../base/cidr.ts';
import { addToIp, ipVersion } from '../base/ip.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import type { Network } from '../linux/network.ts';

export type AddressFamily = 'IPv4' | 'IPv6';

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
