import type { NetworkPolicy, NetworkPolicyPeer } from '../api/networking/network-policy.ts';
import type { AdminNetworkPolicy } from '../api/policy-networking/admin-network-policy.ts';
import { comparePolicies, normalizePolicy } from '../policy/normalize-policies.ts';
import type { Labels, PolicyNode, PolicyPod, PolicyWorld } from '../policy/policy-world.ts';

/** How large a cluster with policies is. */
export interface PolicyClusterSize {
  readonly pods: number;
  readonly policies: number;
}

const NAMESPACES = 100;
/** Workloads of one namespace: web, api, db, cache and so on, each with a tier. */
const APPS = 20;
const TIERS = ['front', 'middle', 'back'];
/** One in so many policies is an AdminNetworkPolicy. */
const ADMIN_SHARE = 50;

const nodeName = (index: number) => `node-${String(index).padStart(4, '0')}`;
const namespaceName = (index: number) => `team-${String(index).padStart(3, '0')}`;

function namespacesOf(): ReadonlyMap<string, Labels> {
  return new Map(
    Array.from({ length: NAMESPACES }, (_, index) => {
      const name = namespaceName(index);
      return [name, { 'kubernetes.io/metadata.name': name, stage: index % 2 ? 'test' : 'live' }];
    }),
  );
}

const podsPerNode = 30;

function nodesOf(pods: number): PolicyNode[] {
  return Array.from({ length: Math.max(2, Math.ceil(pods / podsPerNode)) }, (_, index) => ({
    name: nodeName(index),
    labels: { 'kubernetes.io/hostname': nodeName(index), zone: `zone-${index % 3}` },
    addresses: [`172.16.${Math.floor(index / 250)}.${1 + (index % 250)}`],
  }));
}

/** One pod in 500 is an agent on its node's network; the others belong to workloads as Deployments make them. */
function podOf(index: number, nodes: number): PolicyPod {
  const namespace = namespaceName(index % NAMESPACES);
  const app = Math.floor(index / NAMESPACES) % APPS;
  const node = index % nodes;
  const isOnHostNetwork = index % 500 === 499;
  const onNode = Math.floor(index / nodes);
  return {
    key: `${namespace}/app-${app}-${index}`,
    namespace,
    name: `app-${app}-${index}`,
    labels: { app: `app-${app}`, tier: TIERS[app % 3] ?? '', 'pod-template-hash': `h${index % 7}` },
    node: nodeName(node),
    isOnHostNetwork,
    addresses: isOnHostNetwork
      ? [`172.16.${Math.floor(node / 250)}.${1 + (node % 250)}`]
      : [`10.${128 + Math.floor(node / 256)}.${node % 256}.${2 + onNode}`],
    namedPorts: [{ name: 'http', protocol: 'TCP', port: app % 2 ? 8080 : 80 }],
  };
}

/** Peers as people write them: pods beside, another team, a stage, the internet without the private ranges, a partner. */
function peerOf(index: number): NetworkPolicyPeer {
  const app = { matchLabels: { app: `app-${(index * 7) % APPS}` } };
  switch (index % 5) {
    case 0:
      return { podSelector: app };
    case 1:
      return {
        namespaceSelector: {
          matchLabels: { 'kubernetes.io/metadata.name': namespaceName((index * 3) % NAMESPACES) },
        },
        podSelector: app,
      };
    case 2:
      return {
        namespaceSelector: { matchLabels: { stage: index % 2 ? 'test' : 'live' } },
        podSelector: { matchLabels: { tier: TIERS[index % 3] ?? '' } },
      };
    case 3:
      return { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12'] } };
    default:
      return { ipBlock: { cidr: `203.0.${index % 256}.0/24` } };
  }
}

function networkPolicy(index: number): NetworkPolicy {
  const [namespace, turn] = [namespaceName(index % NAMESPACES), Math.floor(index / NAMESPACES)];
  const isDefault = turn === 0;
  const peers = [peerOf(index), peerOf(index + 1)];
  const ports = [
    { port: 'http' },
    { protocol: 'TCP' as const, port: 9000 + (index % 40), endPort: 9100 },
    { protocol: 'UDP' as const, port: 53 },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${turn}`, namespace },
    spec: isDefault
      ? { podSelector: {}, policyTypes: ['Ingress'] }
      : {
          podSelector: { matchLabels: { app: `app-${(index + turn * 3) % APPS}` } },
          policyTypes: turn % 3 === 0 ? ['Ingress', 'Egress'] : ['Ingress'],
          ingress: [{ from: peers, ports }],
          ...(turn % 3 === 0 && { egress: [{ to: peers, ports }] }),
        },
  };
}

function adminPolicy(index: number): AdminNetworkPolicy {
  const stage = { matchLabels: { stage: index % 2 ? 'test' : 'live' } };
  const portNumber = { protocol: 'TCP' as const, port: 2000 + (index % 100) };
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name: `admin-${index}` },
    spec: {
      priority: index % 1000,
      subject: { namespaces: stage },
      ingress: [
        {
          action: index % 3 === 0 ? 'Deny' : 'Pass',
          from: [{ namespaces: { matchLabels: { stage: index % 3 ? 'test' : 'live' } } }],
          ports: [{ portNumber }],
        },
      ],
    },
  };
}

/** A cluster of 100 namespaces with 20 workloads each: 30 pods a node, ten policies a namespace at 1,000. */
export function policyCluster({ pods, policies }: PolicyClusterSize): PolicyWorld {
  const nodes = nodesOf(pods);
  return {
    pods: Array.from({ length: pods }, (_, index) => podOf(index, nodes.length)),
    namespaces: namespacesOf(),
    nodes,
    policies: Array.from({ length: policies }, (_, index) =>
      normalizePolicy(index % ADMIN_SHARE === 7 ? adminPolicy(index) : networkPolicy(index)),
    ).sort(comparePolicies),
  };
}
