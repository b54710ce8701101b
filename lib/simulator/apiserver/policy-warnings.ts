import { parseCidr, cidrBounds } from '../base/cidr.ts';
import { formatIp, type ParsedCidr } from '../base/ip.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../api/networking/network-policy.ts';

/** `::ffff:10.0.0.0/104` is `10.0.0.0/8` to Go. */
function mappedBlock({ version, value, prefix }: ParsedCidr): string | undefined {
  if (version === 4 || prefix < 96 || value >> 32n !== 0xffffn) return undefined;
  return `${formatIp({ version: 4, value: value & 0xffffffffn })}/${prefix - 96}`;
}

/** apimachinery pkg/util/validation/ip.go `GetWarningsForCIDR`. */
function warnOfCidr(text: string, path: string): string[] {
  const cidr = parseCidr(text);
  const first = cidrBounds(text)?.first;
  if (!cidr || first === undefined) return [];
  const block = `${first}/${cidr.prefix}`;
  const address = formatIp(cidr);
  if (first !== address) {
    const alone = `${address}/${cidr.version === 4 ? 32 : 128}`;
    return [
      `${path}: CIDR value "${text}" is ambiguous in this context (should be "${block}" or "${alone}"?)`,
    ];
  }
  const mapped = mappedBlock(cidr);
  if (mapped !== undefined) {
    return [
      `${path}: non-standard CIDR value "${text}" will be considered invalid in a future Kubernetes release: use "${mapped}"`,
    ];
  }
  return block === text
    ? []
    : [`${path}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${block}")`];
}

const warnOfPeers = (peers: readonly NetworkPolicyPeer[], path: string): string[] =>
  peers.flatMap(({ ipBlock }, index) => {
    if (!ipBlock) return [];
    const at = `${path}[${index}].ipBlock`;
    return [
      ...warnOfCidr(ipBlock.cidr, `${at}.cidr`),
      ...(ipBlock.except ?? []).flatMap((text, i) => warnOfCidr(text, `${at}.except[${i}]`)),
    ];
  });

/** What the API says to a NetworkPolicy that it takes (registry/networking/networkpolicy/strategy.go `networkPolicyWarnings`). */
export const networkPolicyWarnings = ({ spec }: NetworkPolicy): string[] => [
  ...(spec.ingress ?? []).flatMap(({ from = [] }, i) =>
    warnOfPeers(from, `spec.ingress[${i}].from`),
  ),
  ...(spec.egress ?? []).flatMap(({ to = [] }, i) => warnOfPeers(to, `spec.egress[${i}].to`)),
];
