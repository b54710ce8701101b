import type { ObjectRef } from '../base/object-ref.ts';
import { createConntrackTable } from './conntrack.ts';
import { removeLink } from './links.ts';
import { createNftRuleset } from './netfilter/nft/ruleset.ts';
import { defaultRules } from './policy-rules.ts';
import { createRuleset } from './netfilter/ruleset.ts';
import type { Machine, Network, NetworkNamespace } from './network.ts';
import { noTraffic } from './traffic.ts';

/** A network without machines. */
export function createNetwork(): Network {
  return { machines: {}, namespaces: {}, processes: {}, nextPid: 1, nextSocket: 1 };
}

/** Sysctls of a fresh namespace, as the kernel sets them. */
const DEFAULT_SYSCTLS: Readonly<Record<string, string>> = {
  'ipv4.ip_forward': '0',
  'ipv4.conf.all.rp_filter': '0',
  'ipv4.conf.all.route_localnet': '0',
  'ipv6.conf.all.disable_ipv6': '0',
  'ipv6.conf.all.forwarding': '0',
  'bridge.bridge-nf-call-iptables': '0',
  'bridge.bridge-nf-call-ip6tables': '0',
};

const FIRST_EPHEMERAL_PORT = 32_768;

/** A computer with its own (root) namespace, whose id is the machine's name, and lo up. */
export function addMachine(
  network: Network,
  name: string,
  options: { files?: Record<string, string>; sysctls?: Record<string, string> } = {},
): Machine {
  const machine: Machine = { name, files: options.files ?? {}, sysctls: {}, isUp: true };
  network.machines[name] = machine;
  const namespace = addNamespace(network, { id: name, machine: name });
  Object.assign(namespace.sysctls, options.sysctls);
  return machine;
}

/** Another network namespace on a machine (`ip netns add`), with lo up. */
export function addNamespace(
  network: Network,
  options: { id: string; machine: string; label?: string; because?: ObjectRef },
): NetworkNamespace {
  const namespace: NetworkNamespace = {
    ...options,
    sysctls: { ...DEFAULT_SYSCTLS },
    links: {
      lo: {
        kind: 'loopback',
        name: 'lo',
        index: 1,
        mac: '00:00:00:00:00:00',
        mtu: 65_536,
        isUp: true,
        addresses: [{ address: '127.0.0.1', prefix: 8 }],
        traffic: noTraffic(),
      },
    },
    nextLinkIndex: 2,
    routes: [],
    rules: defaultRules(),
    neighbours: [],
    ruleset: createRuleset(),
    ruleset6: createRuleset(),
    nftables: createNftRuleset(),
    ipsets: {},
    conntrack: createConntrackTable(),
    sockets: {},
    nextEphemeralPort: FIRST_EPHEMERAL_PORT,
    pending: [],
  };
  network.namespaces[options.id] = namespace;
  return namespace;
}

/** `ip netns delete`: its links go (and with them the other ends), its processes are gone without a word. */
export function removeNamespace(network: Network, id: string): void {
  const namespace = network.namespaces[id];
  if (!namespace) return;
  for (const name of Object.keys(namespace.links)) removeLink(network, id, name);
  for (const process of Object.values(network.processes)) {
    if (process.namespace === id) delete network.processes[process.pid];
  }
  delete network.namespaces[id];
}
