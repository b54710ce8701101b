import type { PlannedPod } from './planned-cluster.ts';
import type { Manifest } from './write-objects.ts';

export const serviceName = (pod: string) => `svc-${pod}`;

/** The Service of one pod, under which upstream's tests probe it: it selects the pod by its labels. */
export function serviceFor({
  namespace,
  name,
  labels,
  ports,
}: Pick<PlannedPod, 'namespace' | 'name' | 'labels' | 'ports'>): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: serviceName(name) },
    spec: {
      selector: { ...labels },
      ports: ports.map(({ protocol, port }) => ({
        name: `service-port-${protocol.toLowerCase()}-${port}`,
        protocol,
        port,
      })),
    },
  };
}
