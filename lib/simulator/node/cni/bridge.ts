import { macFromIpv4 } from '../../base/mac.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import { nextUint32 } from '../../base/random.ts';
import { addAddress, addBridge, addVethPair, setMaster } from '../../linux/links.ts';
import {
  appendRule,
  deleteChain,
  deleteRule,
  replaceChain,
} from '../../linux/netfilter/ruleset.ts';
import { addNamespace, removeNamespace } from '../../linux/network-state.ts';
import { addRoute } from '../../linux/routes.ts';
import type { AgentContext } from '../agent.ts';
import { addressRange, allocateAddress, releaseAddresses } from './host-local.ts';
import { masqueradeChain, masqueradeRules } from './ip-masquerade.ts';
import { readReservations, writeReservations } from './reservation-files.ts';

/** Name of the network in the CNI configuration, and of its bridge. */
const NETWORK = 'cbr0';
const BRIDGE = 'cni0';
const MTU = 1500;
const INTERFACE = 'eth0';

type BridgeContext = Pick<AgentContext, 'node' | 'network' | 'environment' | 'random' | 'options'>;

interface PodNetworkRequest {
  readonly containerId: string;
  /** Id of the namespace that is made. */
  readonly netns: string;
  /** The pod's `namespace/name`. */
  readonly label: string;
  readonly because: ObjectRef;
}

type PodNetworkResult =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly message: string };

/** The bridge of the node with the gateway's address, made for the first pod. */
function ensureBridge(
  gateway: string,
  prefix: number,
  { node, network, environment }: BridgeContext,
) {
  if (network.namespaces[node]?.links[BRIDGE]) return;
  const mac = macFromIpv4(gateway);
  addBridge(network, environment, { namespace: node, name: BRIDGE, mac, mtu: MTU });
  addAddress(network, node, BRIDGE, `${gateway}/${prefix}`);
}

function vethName({ node, network, random }: BridgeContext): string {
  for (;;) {
    const name = `veth${nextUint32(random).toString(16).padStart(8, '0')}`;
    if (!network.namespaces[node]?.links[name]) return name;
  }
}

function connect(
  request: PodNetworkRequest,
  given: { address: string; prefix: number; gateway: string },
  context: BridgeContext,
): void {
  const { node, network, environment } = context;
  const { netns, label, because } = request;
  const { address, prefix, gateway } = given;
  addNamespace(network, { id: netns, machine: node, label, because });
  const outside = vethName(context);
  addVethPair(
    network,
    environment,
    { namespace: netns, name: INTERFACE, mac: macFromIpv4(address), mtu: MTU },
    { namespace: node, name: outside, mtu: MTU },
  );
  setMaster(network, node, outside, BRIDGE, { hairpin: 'on' });
  addAddress(network, netns, INTERFACE, `${address}/${prefix}`);
  const namespace = network.namespaces[netns];
  if (namespace) addRoute(namespace, { destination: '0.0.0.0/0', via: gateway, device: INTERFACE });
}

/**
 * CNI ADD of the bridge plug-in with host-local: a namespace, a veth pair on cni0 (hairpin on), an address of the
 * node's range, a default route through the bridge, and the masquerade rules. The failure is host-local's text.
 * Source: containernetworking/plugins plugins/main/bridge/bridge.go, `cmdAdd`.
 */
export function addPodNetwork(
  podCidr: string,
  request: PodNetworkRequest,
  context: BridgeContext,
): PodNetworkResult {
  const { node, network, options } = context;
  const made = addressRange(podCidr);
  if (!made.ok) return made;
  const files = network.machines[node]?.files ?? {};
  const reservations = readReservations(files, NETWORK);
  const owner = `${request.containerId} ${INTERFACE}`;
  const given = allocateAddress([made.range], reservations, owner);
  if (!given.ok) return { ok: false, message: `failed to allocate for range 0: ${given.message}` };
  writeReservations(files, NETWORK, reservations);
  ensureBridge(given.gateway, given.prefix, context);
  connect(request, given, context);
  const ruleset = network.namespaces[node]?.ruleset;
  const masquerade = masqueradeRules(
    NETWORK,
    request.containerId,
    given.address,
    options.podCidr,
    request.because,
  );
  if (ruleset) {
    replaceChain(ruleset, 'nat', masquerade.chain, masquerade.rules);
    appendRule(ruleset, 'nat', 'POSTROUTING', masquerade.jump);
  }
  return { ok: true, address: given.address };
}

/** CNI DEL: undoes ADD. Harmless when there is nothing to undo. Source: bridge.go, `cmdDel`. */
export function removePodNetwork(
  { containerId, netns }: Pick<PodNetworkRequest, 'containerId' | 'netns'>,
  { node, network }: BridgeContext,
): void {
  const files = network.machines[node]?.files ?? {};
  const reservations = readReservations(files, NETWORK);
  releaseAddresses(reservations, `${containerId} ${INTERFACE}`);
  writeReservations(files, NETWORK, reservations);
  const ruleset = network.namespaces[node]?.ruleset;
  const chain = masqueradeChain(NETWORK, containerId);
  const jump = ruleset?.tables.nat?.chains['POSTROUTING']?.rules.find(
    ({ target }) => target.target === 'JUMP' && target.chain === chain,
  );
  if (ruleset && jump) deleteRule(ruleset, 'nat', 'POSTROUTING', jump);
  if (ruleset?.tables.nat?.chains[chain]) {
    replaceChain(ruleset, 'nat', chain, []);
    deleteChain(ruleset, 'nat', chain);
  }
  removeNamespace(network, netns);
}
