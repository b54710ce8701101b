import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { PluginConfiguration } from '../node/cni/network-configuration.ts';
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

/** Where Debian's containernetworking-plugins puts them, and where everybody else does. */
const PLUGIN_DIRECTORIES = ['/usr/lib/cni', '/opt/cni/bin'];
const HOST = 'hwG-host';
const STATE = '/var/lib/cni';

/** The folder with the plug-ins, if there is one. */
export const pluginDirectory = (): string | undefined =>
  PLUGIN_DIRECTORIES.find((directory) =>
    ['bridge', 'host-local', 'portmap'].every((name) => existsSync(path.join(directory, name))),
  );

function run(command: string, args: readonly string[], input = '', env = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status !== 0 && stdout === '') throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const inHost = (...words: string[]) => run('ip', ['netns', 'exec', HOST, ...words]);

const MARK = '=== next';

/** Answers of several commands of a shell, with one process for all of them. */
function runAll(commands: readonly string[]): string[] {
  return run('sh', ['-c', commands.join(`; echo '${MARK}'; `)]).split(`${MARK}\n`);
}

interface RealLink {
  readonly ifname: string;
  readonly mtu: number;
  readonly address: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { scope: string; local: string; prefixlen: number }[];
  readonly linkinfo?: { info_kind?: string; info_slave_data?: { hairpin?: boolean } };
}

/** Whether a bridge has an address of its own, the lowest of its ports, or none. */
function macOrigin(links: readonly RealLink[], bridge: string): string {
  const mac = links.find(({ ifname }) => ifname === bridge)?.address ?? '';
  return describeMac(
    mac,
    links.filter(({ master }) => master === bridge).map(({ address }) => address),
  );
}

function linksIn(json: string): string[] {
  const links = JSON.parse(json) as RealLink[];
  return links
    .filter(({ ifname }) => ifname !== 'lo')
    .map(({ ifname, mtu, master, flags, addr_info: addresses, linkinfo }) =>
      [
        master === undefined ? ifname : `port of ${master}`,
        ...(linkinfo?.info_kind === 'bridge' ? [macOrigin(links, ifname)] : []),
        `mtu ${mtu}`,
        ...(flags.includes('PROMISC') ? ['promisc'] : []),
        ...(linkinfo?.info_slave_data?.hairpin ? ['hairpin'] : []),
        ...addresses
          // What the kernel gives by itself is not the plug-ins' doing.
          .filter(({ scope }) => scope !== 'link')
          .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      ].join(' '),
    )
    .sort();
}

/** `ip route`. Simplified: a simulated bridge has carrier without ports, so that `linkdown` is not looked at. */
const routesIn = (text: string) =>
  linesOf(text)
    .filter((line) => !line.startsWith('fe80::/64'))
    .map((line) => line.replace(/ linkdown(?= |$)/, ''));

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

interface RealAnswer {
  readonly msg?: string;
}

/** What the runtime says at ADD, and from memory at DEL (libcni keeps it under /var/lib/cni/cache). */
const portMappingsOf = ({ steps }: CniCase, { containerId }: CniStep) =>
  steps.flatMap((each) =>
    each.command === 'ADD' && each.containerId === containerId ? each.portMappings : [],
  );

/** One plug-in, as a container runtime calls it: environment, configuration on standard input, answer on output. */
function callPlugin(
  plugin: PluginConfiguration,
  each: CniCase,
  step: CniStep,
  previous: unknown,
): RealAnswer {
  const directory = pluginDirectory() ?? '';
  const { name, cniVersion } = each.configuration;
  const configuration = {
    name,
    cniVersion,
    ...plugin,
    ...(plugin.type === 'portmap'
      ? { runtimeConfig: { portMappings: portMappingsOf(each, step) } }
      : {}),
    ...(previous === undefined ? {} : { prevResult: previous }),
  };
  const text = run(
    'ip',
    ['netns', 'exec', HOST, path.join(directory, plugin.type)],
    JSON.stringify(configuration),
    {
      CNI_COMMAND: step.command,
      CNI_CONTAINERID: step.containerId,
      CNI_NETNS: podPath(step.pod),
      CNI_IFNAME: INTERFACE,
      CNI_PATH: directory,
    },
  );
  return text === '' ? {} : (JSON.parse(text) as RealAnswer);
}

/** libcni's AddNetworkList and DelNetworkList. */
function play(each: CniCase, step: CniStep): string {
  const { plugins, name } = each.configuration;
  if (step.command === 'DEL') {
    for (const plugin of [...plugins].reverse()) callPlugin(plugin, each, step, undefined);
    return '';
  }
  let previous: RealAnswer | undefined;
  for (const plugin of plugins) {
    previous = callPlugin(plugin, each, step, previous);
    if (previous.msg !== undefined) {
      return `plugin type="${plugin.type}" name="${name}" failed (add): ${previous.msg}`;
    }
  }
  return JSON.stringify(previous);
}

function reservationFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'lock')
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => `${file}: ${JSON.stringify(readFileSync(file, 'utf8'))}`)
    .sort();
}

const PROC = '/proc/sys/net/';

/** `ipv4.ip_forward 1`, from what grep says about the files. */
const sysctlsIn = (text: string) =>
  linesOf(text).map((line) => line.replace(PROC, '').replace(':', ' ').replaceAll('/', '.'));

function observe(answer: string, pods: readonly string[], bridge: string): Observation {
  const conf = `${PROC}ipv4/conf`;
  const files = [
    `${PROC}ipv4/ip_forward`,
    `${PROC}ipv6/conf/all/forwarding`,
    `${conf}/all/route_localnet`,
  ];
  const routesOf = (name: string) => `ip -n ${name} route; ip -n ${name} -6 route`;
  const [links = '[]', routes = '', nat = '', nat6 = '', sysctls = '', ...ofPods] = runAll([
    `ip -n ${HOST} -j -d addr`,
    routesOf(HOST),
    `ip netns exec ${HOST} iptables-save -t nat`,
    `ip netns exec ${HOST} ip6tables-save -t nat`,
    `ip netns exec ${HOST} grep -sH . ${files.join(' ')} ${conf}/${bridge}/route_localnet`,
    ...pods.flatMap((pod) => [`ip -n hwG-${pod} -j -d addr`, routesOf(`hwG-${pod}`)]),
  ]);
  return {
    answer,
    hostLinks: linksIn(links),
    hostRoutes: routesIn(routes),
    hostNat: nat.split('\n'),
    hostNat6: nat6.split('\n'),
    sysctls: sysctlsIn(sysctls),
    reservations: reservationFiles(STATE),
    pods: Object.fromEntries(
      pods.map((pod, index) => [
        pod,
        [...linksIn(ofPods[2 * index] ?? '[]'), ...routesIn(ofPods[2 * index + 1] ?? '')],
      ]),
    ),
  };
}

/**
 * Plays a case with the plug-ins of this machine, each namespace fresh. Expects a mount namespace of its own, in which
 * /run/netns and /var/lib/cni belong to nobody else.
 */
export function observeReal(each: CniCase): Observation[] {
  const pods = podsOf(each.steps);
  const namespaces = [HOST, ...pods.map((pod) => `hwG-${pod}`)];
  try {
    for (const name of namespaces) {
      // The plug-in waits for duplicate address detection, which is not what is compared.
      const noDetection = `echo 0 > ${PROC}ipv6/conf/default/accept_dad`;
      runAll([
        `ip netns add ${name}`,
        `ip netns exec ${name} sh -c '${noDetection}'`,
        `ip -n ${name} link set lo up`,
      ]);
    }
    for (const tool of ['iptables', 'ip6tables']) inHost(tool, '-t', 'nat', '-N', SET_MARK_CHAIN);
    const bridge = bridgeOf(each.configuration);
    return each.steps.map((step) => observe(play(each, step), pods, bridge));
  } finally {
    runAll(namespaces.map((name) => `ip netns del ${name}`));
    for (const entry of existsSync(STATE) ? readdirSync(STATE) : []) {
      rmSync(path.join(STATE, entry), { recursive: true, force: true });
    }
  }
}
