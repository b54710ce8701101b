import { formatIp, parseIp } from '../../base/ip.ts';
import { endpointLabel, isExposed, type Found, type KubernetesConfig } from './find-records.ts';
import { refOfService, type ZoneData } from './zone-data.ts';

/** The address a name under in-addr.arpa or ip6.arpa stands for; undefined for part of one or another name. */
export function addressOfReverseName(name: string): string | undefined {
  const lower = name.toLowerCase();
  const v4 = /^((?:\d+\.){4})in-addr\.arpa\.$/.exec(lower);
  if (v4) {
    const text = v4[1]!.slice(0, -1).split('.').reverse().join('.');
    return parseIp(text) ? text : undefined;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa\.$/.exec(lower);
  if (!v6) return undefined;
  const digits = v6[1]!.replaceAll('.', '').split('').reverse().join('');
  return formatIp({ version: 6, value: BigInt(`0x${digits}`) });
}

/** Names of an address: of the Service that has it as cluster IP, else of the endpoints (plugin/kubernetes/reverse.go). */
export function findNamesOf(
  ip: string,
  primaryZone: string,
  data: ZoneData,
  config: KubernetesConfig,
): Found {
  const isShown = ({ namespace }: { namespace: string }) =>
    config.namespaces.length === 0 || isExposed(namespace, data, config);
  const service = data.servicesWithIp(ip).find(isShown);
  if (service) {
    const host = `${service.name}.${service.namespace}.svc.${primaryZone}`;
    return [{ host, port: 0, owner: host, because: refOfService(service) }];
  }
  const found = data
    .endpointsWithIp(ip)
    .filter(isShown)
    .flatMap((slice) =>
      slice.addresses
        .filter((address) => address.ip === ip)
        .map((address) => {
          const label = endpointLabel(address, config);
          const host = `${label}.${slice.service}.${slice.namespace}.svc.${primaryZone}`;
          const because = refOfService({ namespace: slice.namespace, name: slice.service });
          return { host, port: 0, owner: host, because };
        }),
    );
  return found.length === 0 ? undefined : found;
}
