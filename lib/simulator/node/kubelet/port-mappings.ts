import type { Pod } from '../../api/core/pod.ts';
import type { PortMapping } from '../cni/network-configuration.ts';

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;

/** The host ports of a pod's containers, as the kubelet gives them to the runtime (kuberuntime `makePortMappings`). */
export function portMappingsOf({ spec }: Pod): PortMapping[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, containerPort, protocol = 'TCP', hostIP }) => {
      if (!hostPort) return [];
      const mapping = { hostPort, containerPort, protocol: PROTOCOLS[protocol] };
      return [hostIP === undefined ? mapping : { ...mapping, hostIP }];
    }),
  );
}
