import type { Service, ServicePort } from '../../api/core/service.ts';
import type { Cluster } from '../../cluster.ts';
import { createPolicyEngine } from '../../policy/create-policy-engine.ts';
import { readPolicyWorld } from '../../policy/read-policy-world.ts';
import type { PolicyPod } from '../../policy/policy-world.ts';
import type { Manifest } from '../policies/write-objects.ts';
import type { ConnectionLine } from './connection-lines.ts';

/** A port of a Service that an Ingress or a Route sends requests to; `port` by number or by name, absent: all of it. */
interface Backend {
  readonly namespace: string;
  readonly service: string;
  readonly port?: number | string;
}

interface IngressBackend {
  readonly service?: {
    readonly name?: string;
    readonly port?: { readonly number?: number; readonly name?: string };
  };
}

interface IngressSpec {
  readonly defaultBackend?: IngressBackend;
  readonly rules?: readonly {
    readonly http?: { readonly paths?: readonly { readonly backend?: IngressBackend }[] };
  }[];
}

interface RouteTarget {
  readonly kind?: string;
  readonly name?: string;
}

interface RouteSpec {
  readonly to?: RouteTarget;
  readonly alternateBackends?: readonly RouteTarget[];
  readonly port?: { readonly targetPort?: number | string };
}

const namespaceOf = ({ metadata }: Manifest) => metadata?.namespace ?? 'default';

function backendsOfIngress(manifest: Manifest): Backend[] {
  const { defaultBackend, rules = [] } = (manifest['spec'] ?? {}) as IngressSpec;
  const paths = rules.flatMap(({ http }) => http?.paths ?? []);
  return [defaultBackend, ...paths.map(({ backend }) => backend)].flatMap((backend) => {
    const { name, port } = backend?.service ?? {};
    if (name === undefined) return [];
    const called = port?.number ?? port?.name;
    return [
      {
        namespace: namespaceOf(manifest),
        service: name,
        ...(called !== undefined && { port: called }),
      },
    ];
  });
}

/** OpenShift's Route: `spec.port.targetPort` is a port of the pods, or the name of one of the Service. */
function backendsOfRoute(manifest: Manifest): Backend[] {
  const { to, alternateBackends = [], port } = (manifest['spec'] ?? {}) as RouteSpec;
  return [to, ...alternateBackends].flatMap((target) => {
    if (target?.name === undefined || (target.kind ?? 'Service') !== 'Service') return [];
    const called = port?.targetPort;
    return [
      {
        namespace: namespaceOf(manifest),
        service: target.name,
        ...(called !== undefined && { port: called }),
      },
    ];
  });
}

const backendsOf = (manifest: Manifest): Backend[] => {
  if (manifest.kind === 'Ingress') return backendsOfIngress(manifest);
  return manifest.kind === 'Route' ? backendsOfRoute(manifest) : [];
};

const isMeant = ({ port, name, targetPort }: ServicePort, called: Backend['port']) =>
  called === undefined || called === port || called === name || called === targetPort;

/** The port of a pod that a Service's port stands for. */
function podPort({ port, targetPort = port }: ServicePort, pod: PolicyPod): number | undefined {
  return typeof targetPort === 'number'
    ? targetPort
    : pod.namedPorts.find(({ name }) => name === targetPort)?.port;
}

function isSelected({ spec, metadata }: Service, pod: PolicyPod): boolean {
  const selector = Object.entries(spec.selector ?? {});
  return (
    selector.length > 0 &&
    pod.namespace === metadata.namespace &&
    selector.every(([key, value]) => pod.labels[key] === value)
  );
}

/** Somebody whose labels, namespace and address no policy knows. */
const CONTROLLER: PolicyPod = {
  key: 'ingress-controller/ingress-controller',
  namespace: 'ingress-controller',
  name: 'ingress-controller',
  labels: {},
  node: '',
  isOnHostNetwork: false,
  addresses: [],
  namedPorts: [],
};

/** Ports of a pod, by workload, to which Ingresses and Routes lead and whose policies admit any pod of the cluster. */
function admittedPorts(
  cluster: Cluster,
  backends: readonly Backend[],
  owners: ReadonlyMap<string, string>,
): Map<string, Set<number>> {
  const world = readPolicyWorld(cluster.store);
  const namespaces = new Map(world.namespaces).set(CONTROLLER.namespace, {
    'kubernetes.io/metadata.name': CONTROLLER.namespace,
  });
  const engine = createPolicyEngine({ ...world, namespaces, pods: [...world.pods, CONTROLLER] });
  const found = new Map<string, Set<number>>();
  for (const { namespace, service: name, port: called } of backends) {
    const service = cluster.store.get<Service>('Service', namespace, name);
    const ports = (service?.spec.ports ?? []).filter((each) => isMeant(each, called));
    for (const pod of world.pods.filter((each) => service && isSelected(service, each))) {
      const owner = owners.get(pod.key);
      for (const port of ports.flatMap((each) => podPort(each, pod) ?? [])) {
        const source = { address: '', pod: CONTROLLER };
        const destination = { address: pod.addresses[0] ?? '', pod };
        const { ingress } = engine.explain({ source, destination, protocol: 'TCP', port });
        if (owner === undefined || ingress.outcome !== 'admitted') continue;
        found.set(owner, (found.get(owner) ?? new Set()).add(port));
      }
    }
  }
  return found;
}

/**
 * Connections from an ingress controller, of which nothing is known but that it is a pod: to what Ingresses and Routes lead to.
 */
export function ingressLines(
  cluster: Cluster,
  manifests: readonly Manifest[],
  owners: ReadonlyMap<string, string>,
): ConnectionLine[] {
  const backends = manifests.flatMap(backendsOf);
  return [...admittedPorts(cluster, backends, owners)].map(([dst, ports]) => ({
    src: '{ingress-controller}',
    dst,
    allowed: `TCP ${[...ports].sort((a, b) => a - b).join()}`,
  }));
}
