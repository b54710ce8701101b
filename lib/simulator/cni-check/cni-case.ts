import type { NetworkConfiguration, PortMapping } from '../node/cni/network-configuration.ts';

/** One call of the runtime. A pod may be added, deleted, deleted again, and added anew with another container id. */
export type CniStep =
  | {
      readonly command: 'ADD';
      readonly pod: string;
      readonly containerId: string;
      readonly portMappings: readonly PortMapping[];
    }
  | { readonly command: 'DEL'; readonly pod: string; readonly containerId: string };

/** A configuration and what happens under it, to be played by the real plug-ins and by ours. */
export interface CniCase {
  readonly title: string;
  readonly configuration: NetworkConfiguration;
  readonly steps: readonly CniStep[];
}

/** What can be seen after a step. Everything is text in an order of its own, so that it can be compared as it is. */
export interface Observation {
  /** The plug-ins' answer as JSON, or the text of the error; of DEL, nothing. */
  readonly answer: string;
  /** `cni0 mtu 1500 promisc`, `port of cni0 mtu 1500 hairpin`, with the addresses. */
  readonly hostLinks: readonly string[];
  readonly hostRoutes: readonly string[];
  readonly hostNat: readonly string[];
  /** The same of ip6tables. */
  readonly hostNat6: readonly string[];
  readonly sysctls: readonly string[];
  /** `path: content` of what host-local keeps. */
  readonly reservations: readonly string[];
  readonly pods: Readonly<Record<string, readonly string[]>>;
}

/** The namespace of a pod: a path for the plug-ins, and the id of ours. */
export const podPath = (pod: string) => `/run/netns/hwG-${pod}`;
/** The pods of a case, each once. */
export const podsOf = (steps: readonly CniStep[]): string[] => [
  ...new Set(steps.map(({ pod }) => pod)),
];

export const INTERFACE = 'eth0';
export const SET_MARK_CHAIN = 'KUBE-MARK-MASQ';

/** The bridge of a configuration. */
export const bridgeOf = ({ plugins }: NetworkConfiguration): string =>
  plugins.flatMap((plugin) => (plugin.type === 'bridge' ? [plugin.bridge ?? 'cni0'] : []))[0] ??
  'cni0';

/** Where a bridge's address comes from: addresses are drawn, so that they cannot be compared themselves. */
export function describeMac(mac: string, ports: readonly string[]): string {
  if (mac === '00:00:00:00:00:00') return 'no mac';
  return ports.includes(mac) ? 'mac of a port' : 'own mac';
}
