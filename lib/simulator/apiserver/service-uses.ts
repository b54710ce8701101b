import type { KubeObject } from '../api/meta/object.ts';
import type { Service, ServicePort } from '../api/core/service.ts';

/** What is taken already when a Service asks for addresses and ports. */
export interface UsedByOthers {
  hasAddress(address: string): boolean;
  /** `TCP/30080`. */
  hasPort(key: string): boolean;
}

/** A node port with its protocol: each protocol has ports of its own. */
export const portKey = ({ protocol = 'TCP', nodePort = 0 }: ServicePort): string =>
  `${protocol}/${nodePort}`;

const addressesOf = ({ spec }: Service): readonly string[] => spec.clusterIPs ?? [];

const portsOf = ({ spec }: Service): readonly string[] =>
  (spec.ports ?? []).filter(({ nodePort }) => nodePort).map(portKey);

function count(uses: Map<string, number>, keys: readonly string[], by: 1 | -1): void {
  for (const key of keys) {
    const left = (uses.get(key) ?? 0) + by;
    if (left > 0) uses.set(key, left);
    else uses.delete(key);
  }
}

/** How often one of `keys` is `key`. */
const occurrences = (keys: readonly string[], key: string) =>
  keys.reduce((sum, each) => sum + (each === key ? 1 : 0), 0);

/**
 * The addresses and node ports that the Services of a store hold, kept up with its commits: counting them anew for every
 * Service that comes would make ten thousand of them cost a hundred million.
 */
export class ServiceUses {
  private readonly addresses = new Map<string, number>();
  private readonly ports = new Map<string, number>();

  constructor(services: Iterable<KubeObject>) {
    for (const service of services) this.note(service as Service, 1);
  }

  /** A commit: `previous` was there before it, `current` is there after it. */
  replace(previous: KubeObject | undefined, current: KubeObject | undefined): void {
    if (previous) this.note(previous as Service, -1);
    if (current) this.note(current as Service, 1);
  }

  /** What all Services but one hold. `own`: that one as it is stored; undefined for one that is not there yet. */
  byOthersThan(own: Service | undefined): UsedByOthers {
    const addresses = own ? addressesOf(own) : [];
    const ports = own ? portsOf(own) : [];
    return {
      hasAddress: (address) => (this.addresses.get(address) ?? 0) > occurrences(addresses, address),
      hasPort: (key) => (this.ports.get(key) ?? 0) > occurrences(ports, key),
    };
  }

  private note(service: Service, by: 1 | -1): void {
    count(this.addresses, addressesOf(service), by);
    count(this.ports, portsOf(service), by);
  }
}
