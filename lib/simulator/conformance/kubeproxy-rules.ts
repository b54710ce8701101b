import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { buildRules } from '../node/kube-proxy/build-rules.ts';
import { endpointChain, servicePortChains } from '../node/kube-proxy/chain-names.ts';
import { printRestore } from '../node/kube-proxy/print-restore.ts';
import type { ProxyConfig } from '../node/kube-proxy/proxy-config.ts';
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
  readonly proxy: 'iptables' | 'nftables';
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
function configOf(config: CaseConfig = {}): ProxyConfig {
  return {
    nodeName: 'test-node',
    nodeAddress: '192.168.0.2',
    nodeLabels: {},
    localAddresses: ['127.0.0.1', '192.168.0.2', '192.168.1.2', '192.168.99.11'],
    ...(config.localDetector !== 'none' && { clusterCidr: '10.0.0.0/8' }),
    localhostNodePorts: config.localhostNodePorts === false ? 'not-answered' : 'answered',
    nodePortAddresses: config.nodePortAddresses ?? [],
    hasRandomFully: config.iptablesHasRandomFully ?? false,
  };
}

/** `table chain` → its lines in order: the order of chains is not significant, that of rules in a chain is. */
function chainsOf(dump: string): Map<string, string> {
  const chains = new Map<string, string>();
  let table = '';
  for (const line of dump.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const declared = /^:(\S+) /.exec(line)?.[1];
    const chain = declared ?? /^-A (\S+) /.exec(line)?.[1];
    if (chain === undefined) continue;
    const key = `${table} ${chain}`;
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
  for (const { input } of nftables)
    tally.skip({ case: 'chain names', probe: input }, 'nftables mode is not built yet');
}

function runCase(
  { id, proxy, config, services, endpointSlices, expected }: RulesCase,
  tally: Tally,
): void {
  if (proxy !== 'iptables')
    return tally.skip({ case: id, probe: 'dump' }, 'nftables mode is not built yet');
  const seen = printRestore(buildRules(services, endpointSlices, configOf(config)));
  const differs = difference(chainsOf(expected), chainsOf(seen));
  tally.compare({ case: id, probe: 'dump' }, differs?.expected ?? '', differs?.seen ?? '');
}

/** Exact text of what kube-proxy hands to iptables-restore, and its chain names (pkg/proxy/iptables/proxier_test.go). */
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
