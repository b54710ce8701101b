import { EventQueue } from '../base/event-queue.ts';
import { seedRandom } from '../base/random.ts';
import { printIptablesSave } from '../linux/netfilter/print/iptables-save.ts';
import { ensureChain } from '../linux/netfilter/ruleset.ts';
import { addMachine, addNamespace, createNetwork } from '../linux/network-state.ts';
import type { Link } from '../linux/network.ts';
import { MAIN_TABLE } from '../linux/policy-rules.ts';
import { formatRoute, routesOfTable } from '../linux/routes.ts';
import type { CniHost } from '../node/cni/cni-host.ts';
import { addNetworkList, removeNetworkList } from '../node/cni/plugin-chain.ts';
import { createRecorder } from '../trace/recorder.ts';
import {
  bridgeOf,
  describeMac,
  INTERFACE,
  podPath,
  podsOf,
  SET_MARK_CHAIN,
  type CniCase,
  type CniStep,
  type Observation,
} from './cni-case.ts';

const HOST = 'host';

function createHost(): CniHost {
  const network = createNetwork();
  const queue = new EventQueue({ now: 0, sequence: 0, heap: [] });
  const machine = addMachine(network, HOST);
  const { ruleset, ruleset6 } = network.namespaces[HOST] ?? {};
  for (const each of [ruleset, ruleset6]) if (each) ensureChain(each, 'nat', SET_MARK_CHAIN);
  return {
    network,
    namespace: HOST,
    files: machine.files,
    environment: {
      queue,
      random: seedRandom('cni-check'),
      recorder: createRecorder({}, () => queue.now),
      exited: [],
      programs: {},
    },
  };
}

const portsOf = ({ name }: Link, links: readonly Link[]) =>
  links.filter(({ master }) => master === name).map(({ mac }) => mac);

function linkText(link: Link, links: readonly Link[]): string {
  const name = link.master === undefined ? link.name : `port of ${link.master}`;
  const isV6 = ({ address }: { address: string }) => address.includes(':');
  const addresses = [
    ...link.addresses.filter((each) => !isV6(each)),
    ...link.addresses.filter(isV6).reverse(),
  ].map(({ address, prefix }) => `${address}/${prefix}`);
  return [
    name,
    ...(link.kind === 'bridge' ? [describeMac(link.mac, portsOf(link, links))] : []),
    `mtu ${link.mtu}`,
    ...(link.promiscuous ? ['promisc'] : []),
    ...(link.hairpin ? ['hairpin'] : []),
    ...addresses,
  ].join(' ');
}

function linksOf({ network }: CniHost, namespace: string): string[] {
  const links = Object.values(network.namespaces[namespace]?.links ?? {});
  return links
    .filter(({ name }) => name !== 'lo')
    .map((link) => linkText(link, links))
    .sort();
}

function routesOf({ network }: CniHost, namespace: string): string[] {
  const found = network.namespaces[namespace];
  if (!found) return [];
  return ([4, 6] as const)
    .flatMap((version) => routesOfTable(found, version, MAIN_TABLE))
    .filter(({ destination }) => destination !== 'fe80::/64')
    .map(formatRoute);
}

function play({ configuration }: CniCase, step: CniStep, host: CniHost): string {
  const { pod, containerId } = step;
  const netns = podPath(pod);
  const cniArguments = { containerId, netns, interfaceName: INTERFACE };
  if (step.command === 'DEL') {
    removeNetworkList(configuration, cniArguments, host);
    return '';
  }
  const { portMappings } = step;
  const outcome = addNetworkList(configuration, { ...cniArguments, portMappings }, host);
  return outcome.ok ? JSON.stringify(outcome.result) : outcome.message;
}

const SYSCTLS = ['ipv4.ip_forward', 'ipv6.conf.all.forwarding', 'ipv4.conf.all.route_localnet'];

function observe(answer: string, { configuration, steps }: CniCase, host: CniHost): Observation {
  const namespace = host.network.namespaces[HOST];
  const bridge = bridgeOf(configuration);
  const sysctls = namespace?.links[bridge]
    ? [...SYSCTLS, `ipv4.conf.${bridge}.route_localnet`]
    : SYSCTLS;
  const pods = podsOf(steps);
  return {
    answer,
    hostLinks: linksOf(host, HOST),
    hostRoutes: routesOf(host, HOST),
    hostNat: namespace ? printIptablesSave(namespace.ruleset).split('\n') : [],
    hostNat6: namespace ? printIptablesSave(namespace.ruleset6).split('\n') : [],
    sysctls: sysctls.map((name) => `${name} ${namespace?.sysctls[name] ?? '0'}`),
    reservations: Object.entries(host.files)
      .filter(([path]) => path.startsWith('/var/lib/cni/'))
      .map(([path, content]) => `${path}: ${JSON.stringify(content)}`)
      .sort(),
    pods: Object.fromEntries(
      pods.map((pod) => [pod, [...linksOf(host, podPath(pod)), ...routesOf(host, podPath(pod))]]),
    ),
  };
}

/** Plays a case with our plug-ins on one simulated machine. */
export function observeSimulated(each: CniCase): Observation[] {
  const host = createHost();
  for (const pod of podsOf(each.steps))
    addNamespace(host.network, { id: podPath(pod), machine: HOST });
  return each.steps.map((step) => observe(play(each, step, host), each, host));
}
