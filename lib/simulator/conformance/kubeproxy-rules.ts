import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { printNftScript } from '../linux/netfilter/nft/print/print-script.ts';
import { buildRules } from '../node/kube-proxy/build-rules.ts';
import { endpointChain, servicePortChains } from '../node/kube-proxy/chain-names.ts';
import { printRestore } from '../node/kube-proxy/print-restore.ts';
import { nftEndpointNames, nftPortNames } from '../node/kube-proxy/nftables/names.ts';
import { buildTable } from '../node/kube-proxy/nftables/build-table.ts';
import { syncCommands } from '../node/kube-proxy/nftables/sync-commands.ts';
import type { ProxyConfig } from '../node/kube-proxy/proxy-config.ts';
import { viewServices, type ServiceView } from '../node/kube-proxy/service-view.ts';
import type { ProxyMode } from '../cluster-options.ts';
import { Tally, type Suite } from './suite.ts';

interface RulesFile {
  readonly chainNameVectors: {
    readonly iptablesServicePort: readonly {
      servicePort: string;
      protocol: string;
      names: readonly string[];
    }[];
    readonly iptablesEndpoint: readonly {
      servicePort: string;
      protocol: string;
      endpoint: string;
      chain: string;
    }[];
    readonly nftables: readonly { input: string; hash: string }[];
  };
  readonly cases: readonly RulesCase[];
}

interface RulesCase {
  readonly id: string;
  readonly proxy: ProxyMode;
  readonly config?: CaseConfig;
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly expected: string;
}

interface CaseConfig {
  readonly nodePortAddresses?: readonly string[];
  readonly iptablesHasRandomFully?: boolean;
  readonly localDetector?: string;
  readonly localhostNodePorts?: boolean;
}

/** The proxier of upstream's tests (NewFakeProxier): its node, its pod range, its fake iptables. */
function configOf(config: CaseConfig = {}, mode: ProxyMode): ProxyConfig {
  const byDefault = mode === 'nftables' ? ['192.168.0.2/32'] : [];
  return {
    family: 'IPv4',
    nodeName: 'test-node',
    nodeAddress: '192.168.0.2',
    nodeLabels: {},
    localAddresses: ['127.0.0.1', '192.168.0.2', '192.168.1.2', '192.168.99.11'],
    ...(config.localDetector !== 'none' && { pods: { by: 'source', cidr: '10.0.0.0/8' } }),
    localhostNodePorts: config.localhostNodePorts === false ? 'not-answered' : 'answered',
    nodePortAddresses: config.nodePortAddresses ?? byDefault,
    hasRandomFully: config.iptablesHasRandomFully ?? false,
    serviceCidrs: ['172.30.0.0/16'],
  };
}

/** Where a line belongs, if its place among others is significant: rules of one chain. Else the line itself. */
function groupOf(line: string, table: string): string {
  const declared = /^:(\S+) /.exec(line)?.[1];
  const chain = declared ?? /^-A (\S+) /.exec(line)?.[1];
  if (chain !== undefined) return `${table} ${chain}`;
  return /^add rule \S+ \S+ \S+/.exec(line)?.[0] ?? line;
}

/** The lines by chain, in order: the order of chains, sets and elements is not significant, that of rules in a chain is. */
function chainsOf(dump: string): Map<string, string> {
  const chains = new Map<string, string>();
  let table = '';
  for (const line of dump.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    if (!/^(:|-A |add )/.test(line)) continue;
    const key = groupOf(line, table);
    chains.set(key, `${chains.get(key) ?? ''}${line}\n`);
  }
  return chains;
}

/** The first chain that differs, for the report. */
function difference(
  expected: Map<string, string>,
  seen: Map<string, string>,
): { expected: string; seen: string } | undefined {
  for (const chain of [...new Set([...expected.keys(), ...seen.keys()])].sort()) {
    const wanted = expected.get(chain) ?? '';
    const got = seen.get(chain) ?? '';
    if (wanted !== got) return { expected: `${chain}\n${wanted}`, seen: `${chain}\n${got}` };
  }
  return undefined;
}

function runVectors(
  { iptablesServicePort, iptablesEndpoint, nftables }: RulesFile['chainNameVectors'],
  tally: Tally,
): void {
  for (const { servicePort, protocol, names } of iptablesServicePort) {
    const { cluster, local, external, firewall } = servicePortChains(servicePort, protocol);
    tally.compare(
      { case: 'chain names', probe: servicePort },
      names.join(' '),
      [cluster, local, external, firewall].join(' '),
    );
  }
  for (const { servicePort, protocol, endpoint, chain } of iptablesEndpoint) {
    tally.compare(
      { case: 'chain names', probe: `${servicePort} ${endpoint}` },
      chain,
      endpointChain(servicePort, protocol, endpoint),
    );
  }
  for (const { input, hash } of nftables) {
    const [name = ''] = Object.values(nftNames(input));
    tally.compare({ case: 'chain names', probe: input }, hash, name.split('-')[1] ?? '');
  }
}

/** The names after `ns/svc/tcp/port`, or `ns/svc/tcp/port__address/port`. */
function nftNames(input: string): { readonly [kind: string]: string } {
  const [path = '', endpoint] = input.split('__');
  if (endpoint === undefined) return { ...nftPortNames(path) };
  const [address = '', port] = endpoint.split('/');
  return { ...nftEndpointNames({ path }, { address, port: Number(port) }) };
}

/** What kube-proxy hands to its tool: iptables-restore, or nft; of the latter what is there afterwards. */
function dumpOf(mode: ProxyMode, view: ServiceView, config: ProxyConfig): string {
  if (mode === 'iptables') return printRestore(buildRules(view, config));
  const commands = syncCommands(config.family, undefined, buildTable(view, config), {
    kind: 'full',
    stale: {},
    now: 0,
  });
  return printNftScript(commands);
}

function runCase(
  { id, proxy, config, services, endpointSlices, expected }: RulesCase,
  tally: Tally,
): void {
  const view = viewServices(services, endpointSlices, 'IPv4');
  const seen = dumpOf(proxy, view, configOf(config, proxy));
  const differs = difference(chainsOf(expected), chainsOf(seen));
  tally.compare({ case: id, probe: 'dump' }, differs?.expected ?? '', differs?.seen ?? '');
}

/**
 * Exact text of what kube-proxy hands to iptables-restore or to nft, and its chain names (proxier_test.go of
 * pkg/proxy/iptables and pkg/proxy/nftables).
 */
export const kubeproxyRules: Suite = {
  name: 'kubeproxy_rules',
  unit: 'dump or chain name',
  run(file) {
    const { chainNameVectors, cases } = file as RulesFile;
    const tally = new Tally();
    runVectors(chainNameVectors, tally);
    for (const each of cases) runCase(each, tally);
    return tally.result();
  },
};
