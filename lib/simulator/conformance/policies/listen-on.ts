import type { Pod } from '../../api/core/pod.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import type { PlannedPort } from './planned-cluster.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
/** `netexec` always serves HTTP; a container that has no TCP port to serve takes one of these. */
const FIRST_SPARE_PORT = 65_000;

const of = (ports: readonly PlannedPort[], protocol: PolicyProtocol) =>
  ports.filter((each) => each.protocol === protocol);

/**
 * Containers of the test image of Kubernetes that together serve these ports; each serves one of each protocol.
 *
 * @param addresses where UDP is served on a machine with several addresses, which would answer from its first one
 */
export function containersFor(
  ports: readonly PlannedPort[],
  addresses: readonly string[] = [],
): Pod['spec']['containers'] {
  const byProtocol = [of(ports, 'TCP'), of(ports, 'UDP'), of(ports, 'SCTP')] as const;
  const count = Math.max(1, ...byProtocol.map(({ length }) => length));
  return Array.from({ length: count }, (_, index) => {
    const [tcp, udp, sctp] = byProtocol.map((each) => each[index]);
    const served = [tcp, udp, sctp].flatMap((each) => (each ? [each] : []));
    return {
      name: `serve-${index}`,
      image: IMAGE,
      args: [
        'netexec',
        `--http-port=${tcp?.port ?? FIRST_SPARE_PORT + index}`,
        `--udp-port=${udp?.port ?? -1}`,
        ...(addresses.length > 0 ? [`--udp-listen-addresses=${addresses.join()}`] : []),
        ...(sctp ? [`--sctp-port=${sctp.port}`] : []),
      ],
      ports: served.flatMap(({ name, port, protocol }) =>
        name === undefined ? [] : [{ name, containerPort: port, protocol }],
      ),
    };
  });
}
