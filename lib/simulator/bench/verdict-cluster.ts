import type { NetworkPolicyPeer, NetworkPolicyPort } from '../api/networking/network-policy.ts';
import { nextInt, seedRandom, type RandomState } from '../base/random.ts';
import type { PolicyEngine } from '../policy/create-policy-engine.ts';
import {
  comparePolicies,
  normalizePolicy,
  type PolicyObject,
} from '../policy/normalize-policies.ts';
import type { PolicyProtocol } from '../policy/policy-protocol.ts';
import type { PolicyFlow, PolicyPod, PolicyWorld } from '../policy/policy-world.ts';

/*
 * Few pods and ever more policies: five namespaces in which every pod is selected by one policy in ten, so that a
 * thousand of them mean a hundred on each pod.
 */

const NAMESPACES = ['shop', 'search', 'billing', 'ops', 'data'];
const APPS = 10;
const TIERS = ['front', 'middle', 'back'];
const PROTOCOLS: readonly PolicyProtocol[] = ['TCP', 'TCP', 'TCP', 'UDP', 'SCTP'];
const PORTS = [53, 80, 443, 5432, 6379, 8080, 8443, 9090];

const oneOf = <T>(random: RandomState, items: readonly [T, ...T[]] | readonly T[]): T =>
  items[nextInt(random, items.length)] as T;

const aSelector = (random: RandomState) =>
  nextInt(random, 3) > 0
    ? { matchLabels: { app: `app-${nextInt(random, APPS)}` } }
    : {
        matchExpressions: [
          { key: 'tier', operator: 'In' as const, values: [oneOf(random, TIERS)] },
          { key: 'canary', operator: 'DoesNotExist' as const },
        ],
      };

function aPeer(random: RandomState): NetworkPolicyPeer {
  const lot = nextInt(random, 10);
  if (lot < 4) return { podSelector: aSelector(random) };
  const namespaceSelector = {
    matchLabels: { 'kubernetes.io/metadata.name': oneOf(random, NAMESPACES) },
  };
  if (lot < 7) return { namespaceSelector, podSelector: aSelector(random) };
  if (lot < 8) return { namespaceSelector };
  const third = nextInt(random, 256);
  return lot < 9
    ? { ipBlock: { cidr: `10.244.${third & 7}.0/24`, except: [`10.244.${third & 7}.64/26`] } }
    : { ipBlock: { cidr: `203.0.${third}.0/24` } };
}

function aPort(random: RandomState): NetworkPolicyPort {
  const protocol = oneOf(random, PROTOCOLS);
  const port = oneOf(random, PORTS);
  const lot = nextInt(random, 6);
  if (lot === 0) return { protocol: 'TCP', port: 'http' };
  return lot === 1 ? { protocol, port, endPort: port + 100 } : { protocol, port };
}

const some = <T>(random: RandomState, most: number, make: (random: RandomState) => T): T[] =>
  Array.from({ length: 1 + nextInt(random, most) }, () => make(random));

const isolated = { Ingress: 'from', Egress: 'to' } as const;

function aNetworkPolicy(random: RandomState, index: number): PolicyObject {
  const types = oneOf<('Ingress' | 'Egress')[]>(random, [
    ['Ingress'],
    ['Ingress'],
    ['Egress'],
    ['Ingress', 'Egress'],
  ]);
  const rules = (type: 'Ingress' | 'Egress') =>
    some(random, 3, () => ({
      [isolated[type]]: some(random, 3, aPeer),
      ...(nextInt(random, 4) > 0 && { ports: some(random, 3, aPort) }),
    }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${index}`, namespace: oneOf(random, NAMESPACES) },
    spec: {
      podSelector: aSelector(random),
      policyTypes: types,
      ...(types.includes('Ingress') && { ingress: rules('Ingress') }),
      ...(types.includes('Egress') && { egress: rules('Egress') }),
    },
  };
}

/** One policy in 25, as the few rules of those who run the cluster; the API takes 1,000 priorities. */
function aClusterPolicy(random: RandomState, index: number): PolicyObject {
  const namespaces = {
    matchLabels: { 'kubernetes.io/metadata.name': oneOf(random, NAMESPACES) },
  };
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: `policy-${index}` },
    spec: {
      tier: index % 2 ? 'Admin' : 'Baseline',
      priority: index % 1000,
      subject: { namespaces },
      ingress: some(random, 3, () => ({
        action: oneOf<'Accept' | 'Deny' | 'Pass'>(random, ['Accept', 'Deny', 'Pass']),
        from: [{ pods: { namespaceSelector: namespaces, podSelector: aSelector(random) } }],
        protocols: [{ tcp: { destinationPort: { number: oneOf(random, PORTS) } } }],
      })),
    },
  };
}

function aPod(random: RandomState, index: number): PolicyPod {
  const namespace = oneOf(random, NAMESPACES);
  return {
    key: `${namespace}/pod-${index}`,
    namespace,
    name: `pod-${index}`,
    labels: {
      app: `app-${nextInt(random, APPS)}`,
      tier: oneOf(random, TIERS),
      'pod-template-hash': `h${index % 97}`,
    },
    node: `node-${index % 20}`,
    isOnHostNetwork: false,
    addresses: [`10.244.${index >> 8}.${index & 255}`],
    namedPorts: [{ name: 'http', protocol: 'TCP', port: index % 2 ? 8080 : 80 }],
  };
}

/** Pods and policies by a seed. */
export function verdictCluster(pods: number, policies: number): PolicyWorld {
  const random = seedRandom(`verdicts ${pods} ${policies}`);
  return {
    pods: Array.from({ length: pods }, (_, i) => aPod(random, i)),
    namespaces: new Map(NAMESPACES.map((name) => [name, { 'kubernetes.io/metadata.name': name }])),
    nodes: [],
    policies: Array.from({ length: policies }, (_, i) =>
      normalizePolicy(i % 25 === 24 ? aClusterPolicy(random, i) : aNetworkPolicy(random, i)),
    ).sort(comparePolicies),
  };
}

/** Random connections between random pods, one in ten to or from an address outside. */
export function randomFlows({ world }: PolicyEngine, count: number): readonly PolicyFlow[] {
  const random = seedRandom('flows');
  const end = () => {
    const pod = oneOf(random, world.pods);
    return { address: pod.addresses[0] ?? '', pod };
  };
  const outside = () => ({ address: `203.0.${nextInt(random, 256)}.${nextInt(random, 256)}` });
  return Array.from({ length: count }, () => {
    const lot = nextInt(random, 20);
    return {
      source: lot === 0 ? outside() : end(),
      destination: lot === 1 ? outside() : end(),
      protocol: oneOf(random, PROTOCOLS),
      port: oneOf(random, PORTS) + (nextInt(random, 4) === 0 ? nextInt(random, 120) : 0),
    };
  });
}
