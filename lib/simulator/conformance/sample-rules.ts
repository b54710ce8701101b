import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { printIptablesSave } from '../linux/netfilter/print/iptables-save.ts';
import { appendRule, createRuleset } from '../linux/netfilter/ruleset.ts';
import { applyRules } from '../node/kube-proxy/apply-rules.ts';
import { buildRules } from '../node/kube-proxy/build-rules.ts';
import { viewServices } from '../node/kube-proxy/service-view.ts';

/** The rules of one node, as `iptables-save` prints them. */
export interface NodeRules {
  readonly node: string;
  readonly text: string;
}

const service = (name: string, spec: Service['spec'], status?: Service['status']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name },
  spec,
  ...(status && { status }),
});

const slice = (
  name: string,
  endpoints: EndpointSlice['endpoints'],
  ports: NonNullable<EndpointSlice['ports']>,
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name: `${name}-1`,
    labels: { 'kubernetes.io/service-name': name },
  },
  addressType: 'IPv4',
  endpoints,
  ports,
});

const on = (nodeName: string, address: string, conditions = {}) => ({
  addresses: [address],
  nodeName,
  conditions,
});
const http = [{ name: 'http', protocol: 'TCP' as const, port: 8080 }];

/** One Service of each sort, so that every kind of rule is printed. */
const SERVICES: readonly Service[] = [
  service('web', {
    type: 'ClusterIP',
    clusterIP: '10.96.10.1',
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  }),
  service('empty', {
    type: 'NodePort',
    clusterIP: '10.96.10.2',
    ports: [{ protocol: 'TCP', port: 80, nodePort: 30_002 }],
  }),
  service('dns', {
    type: 'ClusterIP',
    clusterIP: '10.96.0.10',
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53 },
    ],
  }),
  service('local', {
    type: 'NodePort',
    clusterIP: '10.96.10.3',
    externalTrafficPolicy: 'Local',
    internalTrafficPolicy: 'Local',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30_003 }],
  }),
  service(
    'front',
    {
      type: 'LoadBalancer',
      clusterIP: '10.96.10.4',
      externalIPs: ['198.51.100.7'],
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32_100,
      sessionAffinity: 'ClientIP',
      loadBalancerSourceRanges: ['203.0.113.0/25', '192.168.0.0/16'],
      ports: [{ name: 'http', protocol: 'TCP', port: 443, nodePort: 30_004 }],
    },
    { loadBalancer: { ingress: [{ ip: '198.51.100.8' }] } },
  ),
];

const SLICES: readonly EndpointSlice[] = [
  slice(
    'web',
    [on('node-a', '10.244.0.5'), on('node-b', '10.244.1.5'), on('node-b', '10.244.1.6')],
    http,
  ),
  slice(
    'dns',
    [on('node-a', '10.244.0.2'), on('node-b', '10.244.1.2')],
    [
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53 },
    ],
  ),
  slice('local', [on('node-a', '10.244.0.7')], http),
  slice(
    'front',
    [
      on('node-a', '10.244.0.8', { ready: false, serving: true, terminating: true }),
      on('node-b', '10.244.1.8'),
    ],
    http,
  ),
];

const NODES = [
  { name: 'node-a', address: '192.168.10.11' },
  { name: 'node-b', address: '192.168.10.12' },
];

/** What kube-proxy writes on both nodes for these Services, beside a rule of somebody else. */
export function sampleRules(): NodeRules[] {
  return NODES.map(({ name, address }) => {
    const ruleset = createRuleset();
    const masquerade = {
      matches: [
        { match: 'source', cidr: '10.244.0.0/16' },
        { match: 'destination', cidr: '10.244.0.0/16', not: true },
      ],
      target: { target: 'MASQUERADE' },
    } as const;
    appendRule(ruleset, 'nat', 'POSTROUTING', masquerade);
    const rules = buildRules(viewServices(SERVICES, SLICES, 'IPv4'), {
      family: 'IPv4',
      nodeName: name,
      nodeAddress: address,
      nodeLabels: {},
      localAddresses: ['127.0.0.1', address],
      pods: { by: 'source', cidr: '10.244.0.0/16' },
      localhostNodePorts: 'answered',
      nodePortAddresses: [],
      hasRandomFully: true,
      serviceCidrs: ['10.96.0.0/16'],
    });
    applyRules(ruleset, rules);
    return { node: name, text: printIptablesSave(ruleset) };
  });
}
