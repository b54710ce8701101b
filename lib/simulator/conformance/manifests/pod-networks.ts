import type { Manifest } from '../policies/write-objects.ts';
import { workloadOf } from './read-manifests.ts';

/** One network that pods are in, as a cluster of its own: who is in it, and which policies are about it. */
export interface PodNetwork {
  readonly manifests: readonly Manifest[];
  /** What stands behind the namespace in a line. */
  readonly suffix: string;
  /** Whether anybody outside the cluster is reached over it. */
  readonly hasOutside: boolean;
  /** `namespace/name` of a pod → its addresses on this network, where the manifests say them. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

const ATTACHMENTS = 'k8s.v1.cni.cncf.io/networks';
const POLICY_FOR = 'k8s.v1.cni.cncf.io/policy-for';
const PRIMARY_LABEL = 'k8s.ovn.org/primary-user-defined-network';

/** A secondary network of a pod: the name of its NetworkAttachmentDefinition, and the pod's addresses there. */
interface Attachment {
  readonly name: string;
  readonly addresses: readonly string[];
}

const namespaceOf = ({ metadata }: Manifest) => metadata?.namespace ?? 'default';
const bare = (text: string) => text.replace(/@.*$/, '').replace(/^.*\//, '').trim();

/** `a`, `ns/a@net1,b`, or a list of JSON with names and addresses (the multi-network specification, 4.1.2). */
function readAttachments(text: string): Attachment[] {
  if (!text.trim().startsWith('[')) {
    return text
      .split(',')
      .filter((each) => each.trim() !== '')
      .map((each) => ({ name: bare(each), addresses: [] }));
  }
  const listed = JSON.parse(text) as readonly { name?: string; ips?: readonly string[] }[];
  return listed.map(({ name = '', ips = [] }) => ({
    name,
    addresses: ips.map((ip) => ip.replace(/\/.*$/, '')),
  }));
}

interface Template {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface MachineTemplate extends Template {
  readonly spec?: {
    readonly networks?: readonly { readonly multus?: { readonly networkName?: string } }[];
    readonly domain?: {
      readonly devices?: { readonly interfaces?: readonly { readonly name?: string }[] };
    };
  };
}

const templateOf = (manifest: Manifest): Template =>
  manifest.kind === 'Pod'
    ? manifest
    : ((manifest['spec'] as { template?: Template } | undefined)?.template ?? {});

/** A machine is attached to the networks that it names, if its namespace has them. */
function attachmentsOfMachine(manifest: Manifest, defined: ReadonlySet<string>): Attachment[] {
  const { spec = {} } = templateOf(manifest) as MachineTemplate;
  const named = [
    ...(spec.networks ?? []).map(({ multus }) => multus?.networkName ?? ''),
    ...(spec.domain?.devices?.interfaces ?? []).map(({ name = '' }) => name),
  ].map(bare);
  return [...new Set(named)]
    .filter((name) => defined.has(`${namespaceOf(manifest)}/${name}`))
    .map((name) => ({ name, addresses: [] }));
}

function attachmentsOf(manifest: Manifest, defined: ReadonlySet<string>): Attachment[] {
  if (manifest.kind === 'VirtualMachine') return attachmentsOfMachine(manifest, defined);
  const text = templateOf(manifest).metadata?.annotations?.[ATTACHMENTS];
  return text === undefined ? [] : readAttachments(text);
}

/** A virtual machine runs in a pod, which has the labels of its template. */
function podOfMachine(manifest: Manifest): Manifest {
  const name = manifest.metadata?.name ?? '';
  const { labels = {} } = templateOf(manifest).metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: namespaceOf(manifest),
      name: `virt-launcher-${name}`,
      labels: { ...labels },
      ownerReferences: [{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name, uid: name }],
    },
    spec: {},
  };
}

const isWorkload = (manifest: Manifest) =>
  manifest.kind === 'VirtualMachine' || workloadOf(manifest) !== undefined;
const asPods = (manifests: readonly Manifest[]) =>
  manifests.map((each) => (each.kind === 'VirtualMachine' ? podOfMachine(each) : each));

/** A MultiNetworkPolicy says of its networks what a NetworkPolicy says of the pod network. */
const asNetworkPolicy = (manifest: Manifest): Manifest => ({
  ...manifest,
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
});

function secondaryNetwork(
  name: string,
  manifests: readonly Manifest[],
  attachments: ReadonlyMap<Manifest, readonly Attachment[]>,
): PodNetwork {
  const attached = manifests.filter((each) =>
    attachments.get(each)?.some((attachment) => attachment.name === name),
  );
  const policies = manifests.filter(
    ({ kind, metadata }) =>
      kind === 'MultiNetworkPolicy' &&
      (metadata?.annotations?.[POLICY_FOR] ?? '').split(',').map(bare).includes(name),
  );
  const addresses = attached.map((each) => {
    const own = attachments.get(each)?.filter((attachment) => attachment.name === name) ?? [];
    const [pod = each] = asPods([each]);
    const key = `${namespaceOf(pod)}/${pod.metadata?.name ?? ''}`;
    return [key, own.flatMap((attachment) => attachment.addresses)] as const;
  });
  return {
    manifests: [
      ...manifests.filter(({ kind }) => kind === 'Namespace'),
      ...asPods(attached),
      ...policies.map(asNetworkPolicy),
    ],
    suffix: '',
    hasOutside: false,
    addresses: new Map(addresses),
  };
}

const nodesOwn = (manifests: readonly Manifest[], suffix: string): PodNetwork => ({
  manifests: asPods(manifests),
  suffix,
  hasOutside: true,
  addresses: new Map(),
});

/** Namespaces whose pods are in a network of their own instead of the cluster's (OVN-Kubernetes' UserDefinedNetwork). */
function ownNetworks(manifests: readonly Manifest[]): string[] {
  const defined = new Set(
    manifests.filter(({ kind }) => kind === 'UserDefinedNetwork').map(namespaceOf),
  );
  return manifests
    .filter(
      ({ kind, metadata }) => kind === 'Namespace' && metadata?.labels?.[PRIMARY_LABEL] === '',
    )
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((name) => defined.has(name));
}

/**
 * The networks of a cluster in which pods have several: the pod network, primary networks of single namespaces, and secondary
 * ones, which pods are attached to by name.
 *
 * Simplified: the simulator's pods have one network; each network is looked at as a cluster in which there is no other.
 */
export function podNetworksOf(manifests: readonly Manifest[]): PodNetwork[] {
  const own = ownNetworks(manifests);
  const isOwn = (each: Manifest) => isWorkload(each) && own.includes(namespaceOf(each));
  const definitions = manifests.filter(({ kind }) => kind === 'NetworkAttachmentDefinition');
  const defined = new Set(
    definitions.map((each) => `${namespaceOf(each)}/${each.metadata?.name ?? ''}`),
  );
  const attachments = new Map(
    manifests.filter(isWorkload).map((each) => [each, attachmentsOf(each, defined)]),
  );
  const names = new Set(definitions.map(({ metadata }) => metadata?.name ?? ''));
  return [
    nodesOwn(
      manifests.filter((each) => !isOwn(each)),
      '',
    ),
    ...own.map((name) =>
      nodesOwn(
        manifests.filter((each) => !isWorkload(each) || namespaceOf(each) === name),
        '[udn]',
      ),
    ),
    ...[...names].map((name) => secondaryNetwork(name, manifests, attachments)),
  ];
}
