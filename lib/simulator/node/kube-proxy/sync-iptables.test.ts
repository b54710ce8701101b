import { expect, test } from 'vitest';
import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { createRuleset, replaceChain } from '../../linux/netfilter/ruleset.ts';
import { listNftRuleset } from '../../linux/netfilter/nft/print/list-ruleset.ts';
import { createNftRuleset } from '../../linux/netfilter/nft/ruleset.ts';
import { syncNftables } from './nftables/sync-nftables.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { memoryOf } from './proxy-memory.ts';
import { viewServices } from './service-view.ts';
import { syncIptables } from './sync-iptables.ts';

const CONFIG: ProxyConfig = {
  family: 'IPv4',
  nodeName: 'node-a',
  nodeAddress: '192.168.10.11',
  nodeLabels: {},
  localAddresses: ['127.0.0.1', '192.168.10.11'],
  pods: { by: 'source', cidr: '10.244.0.0/16' },
  localhostNodePorts: 'answered',
  nodePortAddresses: [],
  hasRandomFully: true,
  serviceCidrs: ['10.96.0.0/16'],
};

const service = (name: string, clusterIP: string, protocol: 'TCP' | 'SCTP' = 'TCP'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name, uid: name, resourceVersion: '1' },
  spec: { type: 'ClusterIP', clusterIP, ports: [{ protocol, port: 80 }] },
});

const slice = (
  name: string,
  addresses: readonly string[],
  protocol: 'TCP' | 'SCTP' = 'TCP',
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name,
    uid: name,
    resourceVersion: addresses.join(),
    labels: { 'kubernetes.io/service-name': name },
  },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-b' })),
  ports: [{ name: '', protocol, port: 8080 }],
});

const SERVICES = [service('one', '10.96.0.1'), service('two', '10.96.0.2')];
const before = [slice('one', ['10.244.1.1', '10.244.1.2']), slice('two', ['10.244.1.3'])];
const after = [slice('one', ['10.244.1.2', '10.244.1.4']), slice('two', ['10.244.1.3'])];

function inRounds(...rounds: readonly (readonly [readonly Service[], readonly EndpointSlice[]])[]) {
  const ruleset = createRuleset();
  const memory = memoryOf({}, 'IPv4');
  for (const [services, slices] of rounds)
    syncIptables(ruleset, viewServices(services, slices, 'IPv4'), CONFIG, memory);
  return { ruleset, memory };
}

const saved = (ruleset: Parameters<typeof printIptablesSave>[0]) =>
  printIptablesSave(ruleset).split('\n').sort();

test('what several rounds write is what one round writes', () => {
  const stepwise = inRounds([SERVICES, before], [SERVICES.slice(1), after], [SERVICES, after]);
  expect(saved(stepwise.ruleset)).toEqual(saved(inRounds([SERVICES, after]).ruleset));
});

test('a change of one Service leaves the chains of others alone, as a partial sync does', () => {
  const { ruleset, memory } = inRounds([SERVICES, before]);
  const chains = ruleset.tables.nat?.chains ?? {};
  const ofTwo = Object.keys(chains).find((chain) =>
    JSON.stringify(chains[chain]).includes('shop/two -> 10.244.1.3'),
  );
  expect(ofTwo).toMatch(/^KUBE-SVC-/);
  // Somebody empties a chain of the other Service: only a full round notices.
  replaceChain(ruleset, 'nat', ofTwo!, []);
  syncIptables(ruleset, viewServices(SERVICES, after, 'IPv4'), CONFIG, memory);
  expect(chains[ofTwo!]?.rules).toEqual([]);
  delete memory.writtenWith;
  syncIptables(ruleset, viewServices(SERVICES, after, 'IPv4'), CONFIG, memory);
  expect(saved(ruleset)).toEqual(saved(inRounds([SERVICES, after]).ruleset));
});

test('other labels of the node make everything be written anew', () => {
  const { ruleset, memory } = inRounds([SERVICES, before]);
  const near = before.map((each) => ({
    ...each,
    endpoints: each.endpoints.map((endpoint, index) => ({
      ...endpoint,
      hints: { forZones: [{ name: index === 0 ? 'east' : 'west' }] },
    })),
  }));
  const sync = (zone: string) => {
    const nodeLabels = { 'topology.kubernetes.io/zone': zone };
    syncIptables(ruleset, viewServices(SERVICES, near, 'IPv4'), { ...CONFIG, nodeLabels }, memory);
    return printIptablesSave(ruleset);
  };
  expect(sync('west')).not.toContain('--to-destination 10.244.1.1:8080');
  expect(sync('east')).not.toContain('--to-destination 10.244.1.2:8080');
  // No endpoint for a zone: the hints are not followed.
  expect(sync('north')).toContain('--to-destination 10.244.1.2:8080');
});

test('SCTP has its rules in both modes', () => {
  const services = [service('sctp', '10.96.0.3', 'SCTP')];
  const slices = [slice('sctp', ['10.244.1.9'], 'SCTP')];
  const { ruleset } = inRounds([services, slices]);
  expect(printIptablesSave(ruleset)).toMatch(
    /-A KUBE-SERVICES -d 10\.96\.0\.3\/32 -p sctp .*--dport 80 -j KUBE-SVC-/,
  );
  const nftables = createNftRuleset();
  const view = viewServices(services, slices, 'IPv4');
  syncNftables(nftables, view, CONFIG, memoryOf({}, 'IPv4'), 0);
  const text = listNftRuleset(nftables, { now: 0 });
  expect(text).toContain('10.96.0.3 . sctp . 80 : goto service-');
  expect(text).toContain('meta l4proto sctp dnat to 10.244.1.9:8080');
});
