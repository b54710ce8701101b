/** Names of a device's sysctls, by their /proc/sys/net path. */
export interface DeviceSysctls {
  readonly rpFilter: string;
  readonly routeLocalnet: string;
  readonly proxyArp: string;
  readonly disableIpv6: string;
}

const CACHE_LIMIT = 50_000;
const known = new Map<string, DeviceSysctls>();

/** Asked for every packet: the names for a device are put together once. */
export function sysctlsOf(device: string): DeviceSysctls {
  const hit = known.get(device);
  if (hit) return hit;
  const names: DeviceSysctls = {
    rpFilter: `ipv4.conf.${device}.rp_filter`,
    routeLocalnet: `ipv4.conf.${device}.route_localnet`,
    proxyArp: `ipv4.conf.${device}.proxy_arp`,
    disableIpv6: `ipv6.conf.${device}.disable_ipv6`,
  };
  if (known.size >= CACHE_LIMIT) known.clear();
  known.set(device, names);
  return names;
}
