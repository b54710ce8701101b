import { dnsSubdomainProblems } from './api/meta/names.ts';
import { cidrsOf, parseCidr } from './base/cidr.ts';
import {
  completeClusterOptions,
  type ClusterOptions,
  type DetectLocal,
  type KubeProxyOptions,
} from './cluster-options.ts';
import type { OptionProblem } from './option-problem.ts';
import { checkOptionShape } from './option-shape.ts';
import { nodeProblems } from './validate-nodes.ts';
import { dnsAddressProblems, podRangeProblems, serviceRangeProblems } from './validate-ranges.ts';

const LAST_PORT = 65_535;
/** What the kernel takes for a veth (ETH_MIN_MTU, ETH_MAX_MTU). */
const MTU_OF_A_VETH = [68, 65_535] as const;
/** Every link that carries IPv6 has as much (RFC 8200, section 5). */
const SMALLEST_MTU_6 = 1280;
/** IFNAMSIZ, without the zero at the end. */
const LONGEST_DEVICE = 15;
const HOUR_MS = 3_600_000;

function nodePortProblems({ nodePortRange: [first, last] }: ClusterOptions): OptionProblem[] {
  const path = 'nodePortRange';
  if (first < 1 || last > LAST_PORT) {
    const said = `the port range cannot be greater than ${LAST_PORT}: ${first}-${last}`;
    return [{ path, message: `Ports are from 1 to ${LAST_PORT}. kube-apiserver: ${said}` }];
  }
  const said = `end port cannot be less than start port: ${first}-${last}`;
  return first > last
    ? [{ path, message: `The range ends before it begins. kube-apiserver: ${said}` }]
    : [];
}

function mtuProblems({ podMtu, podCidr }: ClusterOptions): OptionProblem[] {
  if (podMtu === undefined) return [];
  const path = 'podMtu';
  const [least, most] = MTU_OF_A_VETH;
  if (podMtu < least || podMtu > most) {
    const said = podMtu < least ? 'less than device minimum' : 'greater than device maximum';
    return [{ path, message: `A veth's MTU is from ${least} to ${most}. ip: Error: mtu ${said}.` }];
  }
  return podMtu < SMALLEST_MTU_6 && cidrsOf(podCidr).some((cidr) => cidr.includes(':'))
    ? [
        {
          path,
          message: `IPv6 needs an MTU of ${SMALLEST_MTU_6} (RFC 8200); below it the kernel takes IPv6 off the interface. bridge: failed to add IP addr to "eth0": permission denied`,
        },
      ]
    : [];
}

function domainProblems({ clusterDomain }: ClusterOptions): OptionProblem[] {
  return dnsSubdomainProblems(clusterDomain).map((said) => ({
    path: 'clusterDomain',
    message: `${JSON.stringify(clusterDomain)} is no domain. kubeadm: ${said}`,
  }));
}

function deviceProblems(name: string, path: string): OptionProblem[] {
  if (name === '') return [{ path, message: 'A device has a name. kube-proxy: must not be empty' }];
  const said = `interface name \`${name}' must be shorter than ${LONGEST_DEVICE + 1} characters`;
  return name.length > LONGEST_DEVICE || /[\s/]/.test(name)
    ? [{ path, message: `No device has such a name. iptables: ${said}` }]
    : [];
}

function detectLocalProblems(detectLocal: DetectLocal | undefined): OptionProblem[] {
  const path = 'kubeProxy.detectLocal';
  switch (detectLocal?.mode) {
    case 'BridgeInterface':
      return deviceProblems(detectLocal.bridge, `${path}.bridge`);
    case 'InterfaceNamePrefix':
      return deviceProblems(detectLocal.prefix, `${path}.prefix`);
    case 'ClusterCIDR':
    case 'NodeCIDR':
    case undefined:
      return [];
  }
}

/** validateKubeProxyNodePortAddress of pkg/proxy/apis/config/validation. */
function nodePortAddressProblems(addresses: readonly string[]): OptionProblem[] {
  return addresses.flatMap((address, index) => {
    const path = `kubeProxy.nodePortAddresses[${index}]`;
    if (address === 'primary') {
      const message = "kube-proxy: can't use both 'primary' and CIDRs";
      return addresses.length === 1 ? [] : [{ path, message }];
    }
    return address.includes('/') && parseCidr(address)
      ? []
      : [
          {
            path,
            message: `${JSON.stringify(address)} is no range. kube-proxy: must be a valid CIDR`,
          },
        ];
  });
}

function kubeProxyProblems(options: KubeProxyOptions = {}): OptionProblem[] {
  const delays = ['syncDelayMs', 'minSyncPeriodMs'] as const;
  return [
    ...detectLocalProblems(options.detectLocal),
    ...nodePortAddressProblems(options.nodePortAddresses ?? []),
    ...delays.flatMap((name) => {
      const value = options[name] ?? 0;
      const message = 'This is from 0 to an hour. kube-proxy: must be greater than or equal to 0';
      return value < 0 || value > HOUR_MS ? [{ path: `kubeProxy.${name}`, message }] : [];
    }),
  ];
}

/**
 * What an installer or a component would not put up with; empty when a cluster can be made of the options. Set-ups that
 * nobody refuses and that do not work are not refused here either: ranges that overlap, more nodes than parts of the pod
 * range, two nodes with one address. What comes of them is to be seen in the cluster.
 * Source: cmd/kubeadm/app/apis/kubeadm/validation, and the components that each message names.
 */
export function validateClusterOptions(options: ClusterOptions): readonly OptionProblem[] {
  const odd = checkOptionShape(options, '');
  if (odd.length > 0) return odd;
  const ofServices = serviceRangeProblems(options);
  return [
    ...nodeProblems(options),
    ...podRangeProblems(options),
    ...ofServices,
    ...(ofServices.length > 0 ? [] : dnsAddressProblems(options)),
    ...nodePortProblems(options),
    ...domainProblems(options),
    ...mtuProblems(options),
    ...kubeProxyProblems(options.kubeProxy),
  ];
}

/**
 * The problems of options that may be anything and name only what differs from the usual set-up: what a scenario, a file
 * or a link brings.
 */
export function findOptionProblems(named: unknown): readonly OptionProblem[] {
  const odd = checkOptionShape(named, '');
  if (odd.length > 0) return odd;
  return validateClusterOptions(completeClusterOptions(named as Partial<ClusterOptions>));
}
