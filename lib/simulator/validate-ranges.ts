import { cidrBounds, cidrContains, cidrsOf, parseCidr } from './base/cidr.ts';
import { addToIp, ipVersion, type ParsedCidr } from './base/ip.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { OptionProblem } from './option-problem.ts';

/** kubeadm's MinimumAddressesInPodSubnet and MinimumAddressesInServiceSubnet. */
const FEWEST_ADDRESSES = 10;
/** kubeadm's MaximumBitsForServiceSubnet, and kube-apiserver's: a /12, or a /108 of IPv6. */
const MOST_SERVICE_BITS = 20;
/** kubeadm's PodSubnetNodeMaskMaxDiff. */
const MOST_NODE_BITS = 16;
/** What kube-controller-manager cuts off for each node unless it is told otherwise. */
const NODE_PREFIX = { 4: 24, 6: 64 } as const;

const bitsOf = ({ version }: ParsedCidr) => (version === 4 ? 32 : 128);

/** A range as kubeadm reads one: with a prefix length, unlike `parseCidr`, and no IPv4 in IPv6's clothes. */
const readRange = (text: string): ParsedCidr | undefined =>
  text.includes('/') && !/^::ffff:/i.test(text) ? parseCidr(text) : undefined;

interface ReadRange {
  readonly text: string;
  readonly range: ParsedCidr;
}

/** One range, or one of each family; both at least as large as kubeadm wants (ValidateIPNetFromString). */
function readRanges(
  path: string,
  name: string,
  text: string,
): { readonly ranges: readonly ReadRange[]; readonly problems: readonly OptionProblem[] } {
  const texts = text.split(',').map((each) => each.trim());
  const ranges = texts.flatMap((each): ReadRange[] => {
    const range = readRange(each);
    return range ? [{ text: each, range }] : [];
  });
  const refuse = (message: string) => ({ ranges: [], problems: [{ path, message }] });
  if (ranges.length < texts.length) {
    const odd = texts.find((each) => !readRange(each)) ?? '';
    return refuse(
      `${JSON.stringify(odd)} is no range of addresses, such as 10.0.0.0/16. kubeadm: couldn't parse subnet`,
    );
  }
  const families = new Set(ranges.map(({ range }) => range.version));
  if (ranges.length > 2 || families.size < ranges.length) {
    return refuse(
      `The ${name} is one range, or one of each family. kubeadm: expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking`,
    );
  }
  const small = ranges.find(
    ({ range }) => bitsOf(range) - range.prefix < 4 && sizeOf(range) < FEWEST_ADDRESSES,
  );
  return small
    ? refuse(
        `${small.text} is too small for the ${name}. kubeadm: subnet with ${sizeOf(small.range)} address(es) is too small, the minimum is ${FEWEST_ADDRESSES}`,
      )
    : { ranges, problems: [] };
}

const sizeOf = (range: ParsedCidr) => 2 ** (bitsOf(range) - range.prefix);

/** ValidatePodSubnetNodeMask. */
function nodeMaskProblems({ text, range }: ReadRange): OptionProblem[] {
  const node = NODE_PREFIX[range.version];
  const path = 'podCidr';
  if (range.prefix > node) {
    const said = `the size of pod subnet with mask ${range.prefix} is smaller than the size of node subnet with mask ${node}`;
    return [
      {
        path,
        message: `Each node gets a /${node} of the pod range, and ${text} is smaller. kubeadm: ${said}`,
      },
    ];
  }
  if (node - range.prefix <= MOST_NODE_BITS) return [];
  const said = `pod subnet mask (${range.prefix}) and node-mask (${node}) difference is greater than ${MOST_NODE_BITS}`;
  return [
    { path, message: `${text} is too large to be cut into parts of a /${node}. kubeadm: ${said}` },
  ];
}

/**
 * The range of the pods. None at all is a choice (no node gets a part then, and pods wait); so is one that overlaps with
 * others, or has fewer parts than there are nodes: no component refuses these.
 */
export function podRangeProblems({ podCidr }: ClusterOptions): readonly OptionProblem[] {
  if (podCidr === '') return [];
  const { ranges, problems } = readRanges('podCidr', 'pod range', podCidr);
  return [...problems, ...ranges.flatMap(nodeMaskProblems)];
}

/** ValidateServiceSubnetSize. */
function serviceSizeProblems({ text, range }: ReadRange): OptionProblem[] {
  const bits = bitsOf(range);
  if (bits - range.prefix <= MOST_SERVICE_BITS) return [];
  const said = `specified service subnet is too large; for ${bits}-bit addresses, the mask must be >= ${bits - MOST_SERVICE_BITS}`;
  return [
    {
      path: 'serviceCidr',
      message: `${text} is too large for the Service range. kubeadm: ${said}`,
    },
  ];
}

/** The API server announces itself in the family of the first Service range. */
function apiServerProblems(
  options: ClusterOptions,
  [first]: readonly ReadRange[],
): OptionProblem[] {
  if (first?.range.version !== 6) return [];
  const addresses = options.nodes.flatMap(({ address, address6 }) => [address, address6 ?? '']);
  if (addresses.some((address) => ipVersion(address) === 6)) return [];
  return [
    {
      path: 'serviceCidr',
      message:
        'Services begin with IPv6, and no machine has an IPv6 address that the API server could announce. kube-apiserver: service IP family "IPv6" must match public address family "IPv4"',
    },
  ];
}

/** The range of the Services. */
export function serviceRangeProblems(options: ClusterOptions): readonly OptionProblem[] {
  const { ranges, problems } = readRanges('serviceCidr', 'Service range', options.serviceCidr);
  return [
    ...problems,
    ...ranges.flatMap(serviceSizeProblems),
    ...apiServerProblems(options, ranges),
  ];
}

/** Why the API server would not give an address of a Service range to kube-dns; undefined when it would. */
function refusalOf(address: string, range: string): string | undefined {
  const bounds = cidrBounds(range);
  if (addToIp(bounds?.first ?? '', 1) === address) return 'provided IP is already allocated';
  const isLast = bounds?.last === address && ipVersion(address) === 4;
  return address === bounds?.first || isLast
    ? `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range}`
    : undefined;
}

/** The address of kube-dns: a Service's, and not the one that the Service `kubernetes` has. */
export function dnsAddressProblems({
  dnsServiceIp,
  serviceCidr,
}: ClusterOptions): readonly OptionProblem[] {
  const path = 'dnsServiceIp';
  if (ipVersion(dnsServiceIp) === undefined) {
    const message = `${JSON.stringify(dnsServiceIp)} is no address. kubelet: invalid --cluster-dns`;
    return [{ path, message }];
  }
  const range = cidrsOf(serviceCidr).find((each) => cidrContains(each, dnsServiceIp));
  const said = range
    ? refusalOf(dnsServiceIp, range)
    : `the provided IP (${dnsServiceIp}) is not in the valid range. The range of valid IPs is ${serviceCidr}`;
  if (said === undefined) return [];
  return [
    {
      path,
      message: `kube-dns is a Service and cannot have the address ${dnsServiceIp}. kube-apiserver: failed to allocate IP ${dnsServiceIp}: ${said}`,
    },
  ];
}
