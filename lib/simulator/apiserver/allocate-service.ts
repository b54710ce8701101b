import { addToIp } from '../base/ip.ts';
import { cidrBounds, cidrContains, cidrOfFamily, parseCidr } from '../base/cidr.ts';
import { nextInt, type RandomState } from '../base/random.ts';
import type { Service, ServicePort } from '../api/core/service.ts';
import { invalid, type FieldProblem } from '../api/schema/field-problem.ts';
import { initIpFamilies } from './service-families.ts';
import { portKey, type UsedByOthers } from './service-uses.ts';

/** Where Services get their addresses and node ports: kube-apiserver's own flags. */
export interface ServiceRanges {
  /** One prefix, or one of each family with a comma between. */
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [first: number, last: number];
  /** Prefixes of further ServiceCIDRs that are ready; asked when the first range is full. */
  readonly more?: readonly string[];
}

/** The lower band is left to those who ask for an address by hand (KEP-3070; ipallocator `calculateRangeOffset`). */
function reservedAddresses(size: number): number {
  if (size < 16) return 0;
  return Math.min(Math.max(16, Math.floor(size / 16)), 256);
}

/** Node ports have such a band too (KEP-3668; portallocator `calculatePortRange`). */
function reservedPorts(size: number): number {
  return size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
}

/** A random place above the band, then the next free one; the band last. Undefined when all are taken. */
function pickFree(
  size: number,
  reserved: number,
  isFree: (offset: number) => boolean,
  random: RandomState,
): number | undefined {
  const upper = size - reserved;
  const start = upper > 0 ? nextInt(random, upper) : 0;
  for (let i = 0; i < upper; i++) {
    const offset = reserved + ((start + i) % upper);
    if (isFree(offset)) return offset;
  }
  for (let offset = 0; offset < reserved; offset++) if (isFree(offset)) return offset;
  return undefined;
}

function allocateIp(
  service: Service,
  used: UsedByOthers,
  ranges: ServiceRanges,
  random: RandomState,
): FieldProblem[] {
  const { spec } = service;
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return [];
  const addresses = [...(spec.clusterIPs ?? [])];
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const version = family === 'IPv6' ? 6 : 4;
    const more = (ranges.more ?? []).filter((cidr) => parseCidr(cidr)?.version === version);
    const all = [cidrOfFamily(ranges.serviceCidr, version) ?? '', ...more];
    const outcome = allocateOne(addresses[index], all, used, random);
    if ('problem' in outcome) {
      return [invalid('spec.clusterIPs', spec.clusterIPs ?? [], outcome.problem)];
    }
    addresses[index] = outcome.address;
  }
  spec.clusterIPs = addresses;
  if (addresses[0] !== undefined) spec.clusterIP = addresses[0];
  return [];
}

/** How many addresses a range has to give. Simplified: of a larger IPv6 range, the first million. */
function usableSize(range: string): number {
  const { version = 4, prefix = 32 } = parseCidr(range) ?? {};
  // Neither the network address nor (in IPv4) the broadcast address is given out.
  return version === 4 ? 2 ** (32 - prefix) - 2 : 2 ** Math.min(128 - prefix, 20) - 1;
}

/** The address that was asked for, or a free one of the first range that has one. */
function allocateOne(
  wanted: string | undefined,
  ranges: readonly string[],
  used: UsedByOthers,
  random: RandomState,
): { readonly address: string } | { readonly problem: string } {
  if (wanted) {
    if (!ranges.some((range) => cidrContains(range, wanted))) {
      return {
        problem: `failed to allocate IP ${wanted}: the provided network does not match the current range`,
      };
    }
    return used.hasAddress(wanted)
      ? { problem: `failed to allocate IP ${wanted}: provided IP is already allocated` }
      : { address: wanted };
  }
  for (const range of ranges) {
    const first = addToIp(cidrBounds(range)?.first ?? '', 1) ?? '';
    const size = usableSize(range);
    const at = (offset: number) => addToIp(first, offset) ?? '';
    const offset = pickFree(size, reservedAddresses(size), (o) => !used.hasAddress(at(o)), random);
    if (offset !== undefined) return { address: at(offset) };
  }
  return { problem: 'failed to allocate a serviceIP: range is full' };
}

/** The ports of one Service while it gets them: what others hold, and what it has drawn itself. */
class PortDraw {
  private readonly own = new Set<string>();

  constructor(private readonly used: UsedByOthers) {}

  has(key: string): boolean {
    return this.own.has(key) || this.used.hasPort(key);
  }

  add(key: string): void {
    this.own.add(key);
  }
}

function allocatePort(
  port: ServicePort,
  field: string,
  draw: PortDraw,
  ranges: ServiceRanges,
  random: RandomState,
): FieldProblem[] {
  const [first, last] = ranges.nodePortRange;
  const refuse = (detail: string) => [invalid(`${field}.nodePort`, port.nodePort ?? 0, detail)];
  if (port.nodePort) {
    if (port.nodePort < first || port.nodePort > last) {
      return refuse(
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    if (draw.has(portKey(port))) {
      return refuse('provided port is already allocated');
    }
  } else {
    const size = last - first + 1;
    const isFree = (offset: number) => !draw.has(portKey({ ...port, nodePort: first + offset }));
    const offset = pickFree(size, reservedPorts(size), isFree, random);
    if (offset === undefined) return refuse('failed to allocate a nodePort: range is full');
    port.nodePort = first + offset;
  }
  draw.add(portKey(port));
  return [];
}

function allocateNodePorts(
  service: Service,
  used: UsedByOthers,
  ranges: ServiceRanges,
  random: RandomState,
): FieldProblem[] {
  const { spec } = service;
  const wantsPorts =
    spec.type === 'NodePort' ||
    (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  if (!wantsPorts) return [];
  const draw = new PortDraw(used);
  // Ports asked for by hand first, so that a drawn one never takes them.
  const ports = (spec.ports ?? []).map((port, index) => ({ port, field: `spec.ports[${index}]` }));
  const inOrder = [
    ...ports.filter(({ port }) => port.nodePort),
    ...ports.filter(({ port }) => !port.nodePort),
  ];
  const problems = inOrder.flatMap(({ port, field }) =>
    allocatePort(port, field, draw, ranges, random),
  );
  return problems.length > 0 ? problems : allocateHealthCheckPort(service, draw, ranges, random);
}

/** A LoadBalancer with local traffic policy tells balancers on a port of its own whether this node has endpoints. */
function allocateHealthCheckPort(
  { spec }: Service,
  draw: PortDraw,
  ranges: ServiceRanges,
  random: RandomState,
): FieldProblem[] {
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return [];
  if (spec.healthCheckNodePort) return [];
  const port: ServicePort = { port: 0, protocol: 'TCP' };
  const problems = allocatePort(port, 'spec', draw, ranges, random);
  if (problems.length === 0 && port.nodePort) spec.healthCheckNodePort = port.nodePort;
  return problems;
}

/**
 * Gives a Service its cluster IP and node ports, in place (pkg/registry/core/service/storage/alloc.go). `used` is what all
 * Services but this one hold. What it asked for by hand and cannot have comes back as problems.
 */
export function allocateService(
  service: Service,
  used: UsedByOthers,
  ranges: ServiceRanges,
  random: RandomState,
): FieldProblem[] {
  const families = initIpFamilies(service, ranges.serviceCidr);
  if (families.length > 0) return families;
  const problems = allocateIp(service, used, ranges, random);
  return problems.length > 0 ? problems : allocateNodePorts(service, used, ranges, random);
}
