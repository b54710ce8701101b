import { dnsSubdomainProblems } from './api/meta/names.ts';
import { validateLabelMap } from './api/core/validate-service.ts';
import { cidrBounds, cidrContains } from './base/cidr.ts';
import { ipVersion } from './base/ip.ts';
import type { ClusterOptions, NodeOptions } from './cluster-options.ts';
import type { OptionProblem } from './option-problem.ts';
import { MACHINE_NAMES, SITE_CIDR } from './site.ts';

/** The kernel's __NEW_UTS_LEN is 64; a node's name is a label's value too (`kubernetes.io/hostname`). */
const LONGEST_NAME = 63;

/** IPv6 addresses that no kubelet takes for its node (validateNodeIP of pkg/kubelet/kubelet_node_status.go). */
const NO_NODE_ADDRESS: readonly (readonly [cidr: string, said: string])[] = [
  ['::1/128', "nodeIP can't be loopback address"],
  ['ff00::/8', "nodeIP can't be a multicast address"],
  ['fe80::/10', "nodeIP can't be a link-local unicast address"],
  ['::/128', "nodeIP can't be an all zeros address"],
  ['::ffff:0:0/96', 'nodeIP must be a plain IPv4 or IPv6 address'],
];

function nameProblems({ name }: NodeOptions, path: string): OptionProblem[] {
  const [odd] = dnsSubdomainProblems(name);
  if (odd !== undefined) {
    return [{ path, message: `A node cannot be called ${JSON.stringify(name)}. kubeadm: ${odd}` }];
  }
  if (name.length > LONGEST_NAME) {
    const said = `metadata.labels: Invalid value: ${JSON.stringify(name)}: must be no more than ${LONGEST_NAME} bytes`;
    const message = `A node's name has at most ${LONGEST_NAME} letters. kube-apiserver: ${said}`;
    return [{ path, message }];
  }
  return MACHINE_NAMES.includes(name)
    ? [{ path, message: `Another machine beside the nodes is called ${name} already.` }]
    : [];
}

function address4Problems(address: string, path: string): OptionProblem[] {
  const bounds = cidrBounds(SITE_CIDR);
  const isHost =
    cidrContains(SITE_CIDR, address) && address !== bounds?.first && address !== bounds?.last;
  if (isHost) return [];
  return [
    {
      path,
      message: `The nodes and their router are on one segment, ${SITE_CIDR}, and ${address} is no host's address there. ip: Error: Nexthop has invalid gateway.`,
    },
  ];
}

function address6Problems(address: string, path: string, first: string): OptionProblem[] {
  const [, said] = NO_NODE_ADDRESS.find(([cidr]) => cidrContains(cidr, address)) ?? [];
  if (said !== undefined) {
    return [{ path, message: `A node cannot have the address ${address}. kubelet: ${said}` }];
  }
  return cidrContains(`${first}/64`, address)
    ? []
    : [
        {
          path,
          message: `The nodes are on one segment, and ${address} is not in the /64 of ${first}. ip: Error: Nexthop has invalid gateway.`,
        },
      ];
}

function addressProblems(address: string, path: string, first6: string): OptionProblem[] {
  switch (ipVersion(address)) {
    case 4:
      return address4Problems(address, path);
    case 6:
      return address6Problems(address, path, first6);
    case undefined:
      return [
        { path, message: `${JSON.stringify(address)} is no address. kubelet: invalid --node-ip` },
      ];
  }
}

function pairProblems({ address, address6 }: NodeOptions, path: string): OptionProblem[] {
  if (address6 === undefined || ipVersion(address) !== ipVersion(address6)) return [];
  return ipVersion(address) === undefined
    ? []
    : [
        {
          path,
          message: `A node's second address is of the other family than ${address}. kubelet: --node-ip must contain either a single IP or a dual-stack pair of IPs`,
        },
      ];
}

/** The families of a node's addresses, as text: all nodes have the same. */
const familiesOf = ({ address, address6 }: NodeOptions) =>
  [address, ...(address6 === undefined ? [] : [address6])].map(ipVersion).sort().join();

/** The nodes: names that only they have, and addresses on the segment. Two may have the same address: nobody refuses that. */
export function nodeProblems({ nodes }: ClusterOptions): readonly OptionProblem[] {
  const all = nodes.flatMap(({ address, address6 }) => [address, ...(address6 ? [address6] : [])]);
  const first6 = all.find((address) => ipVersion(address) === 6) ?? '';
  const names = nodes.map(({ name }) => name);
  return nodes.flatMap((node, index) => {
    const path = `nodes[${index}]`;
    const { name, address, address6, labels } = node;
    const twin: OptionProblem[] =
      names.indexOf(name) === index
        ? []
        : [
            {
              path: `${path}.name`,
              message: `Two nodes are called ${name}. kubeadm: a Node with name ${JSON.stringify(name)} and status "Ready" already exists in the cluster. You must delete the existing Node or change the name of this new joining Node`,
            },
          ];
    const [firstNode] = nodes;
    const odd: OptionProblem[] =
      firstNode && familiesOf(node) !== familiesOf(firstNode)
        ? [
            {
              path,
              message: `${name} has addresses of other families than ${firstNode.name}: a segment is of one sort for all.`,
            },
          ]
        : [];
    return [
      ...nameProblems(node, `${path}.name`),
      ...twin,
      ...addressProblems(address, `${path}.address`, first6),
      ...(address6 === undefined ? [] : addressProblems(address6, `${path}.address6`, first6)),
      ...pairProblems(node, `${path}.address6`),
      ...odd,
      ...validateLabelMap(labels, `${path}.labels`).map(({ field, message }) => ({
        path: field,
        message: `kube-apiserver: ${message}`,
      })),
    ];
  });
}
