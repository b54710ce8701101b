import type { Pod } from '../api/core/pod.ts';
import type { Machine, NetworkNamespace, Process } from '../linux/network.ts';
import { isRedirectSetting, REDIRECT_SETTINGS, redirectSetting } from '../linux/redirects.ts';
import { containerProcess } from '../node/kubelet/container-process.ts';
import { finished, type Command, type CommandContext, type CommandResult } from './command.ts';
import { inOrder } from './ip/link-text.ts';
import { procNetDev } from './ip/traffic-text.ts';

/** What a tool of Linux finds where the prompt stands. */
export interface LocalSystem {
  readonly namespace: NetworkNamespace;
  readonly machine: Machine;
  readonly hostname: string;
  /** Inside a container: its main process. */
  readonly process?: Process;
  /** Containers without NET_ADMIN may look, and not change. */
  readonly mayAdminister: boolean;
}

/** The machine of one's own laptop, when the cluster has one. */
const WORKSTATION = 'workstation';

function isPrivileged({ cluster, place }: CommandContext): boolean {
  if (place.type !== 'container') return true;
  const pod = cluster.store.get<Pod>('Pod', place.namespace, place.pod);
  const context = pod?.spec.containers.find(
    ({ name }) => name === place.container,
  )?.securityContext;
  return (
    context?.privileged === true ||
    (context?.capabilities?.add ?? []).some((one) => /^(CAP_)?NET_ADMIN$|^ALL$/.test(one))
  );
}

/** The network namespace that a place stands in; undefined when its container does not run. */
export function localSystemOf(context: CommandContext): LocalSystem | undefined {
  const { cluster, place } = context;
  const { network, store } = cluster;
  const process =
    place.type === 'container'
      ? containerProcess(network, store, place.namespace, place.pod, place.container)
      : undefined;
  if (place.type === 'container' && !process) return undefined;
  const id =
    process?.namespace ?? (place.type === 'node' ? (place.netns ?? place.node) : WORKSTATION);
  const namespace = network.namespaces[id];
  const machine = namespace && network.machines[namespace.machine];
  if (!namespace || !machine) return undefined;
  return {
    namespace,
    machine,
    hostname: process?.hostname ?? machine.name,
    mayAdminister: isPrivileged(context),
    ...(process && { process }),
  };
}

/** A file as something at this place reads it: the container's, the machine's, or what the kernel makes up. */
export function readLocalFile(
  { process, machine, namespace, hostname }: LocalSystem,
  path: string,
): string | undefined {
  const file = process?.files[path] ?? (process ? undefined : machine.files[path]);
  if (file !== undefined) return file;
  const key = /^\/proc\/sys\/(.+)$/.exec(path)?.[1]?.replaceAll('/', '.');
  if (key !== undefined) {
    const value = readSysctl({ namespace, machine }, key);
    return value === undefined ? undefined : `${value}\n`;
  }
  if (path === '/proc/net/dev') return procNetDev(inOrder(namespace));
  if (path === '/etc/hostname' || path === '/proc/sys/kernel/hostname') return `${hostname}\n`;
  return undefined;
}

/** Values that a kernel has when nobody has set them. */
const KERNEL_DEFAULTS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.conf.all.forwarding': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.conf.all.route_localnet': '0',
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv4.tcp_syn_retries': '6',
  'net.ipv4.tcp_retries2': '15',
  'net.ipv4.ip_unprivileged_port_start': '1024',
  'net.bridge.bridge-nf-call-iptables': '0',
  'net.netfilter.nf_conntrack_max': '262144',
  'net.netfilter.nf_conntrack_tcp_timeout_established': '432000',
};

/** /proc/sys/net/ipv4/conf has a folder for each device, and two more. */
const isDeviceSet = ({ links }: LocalSystem['namespace'], name: string) =>
  name === 'all' || name === 'default' || links[name] !== undefined;

/** `net.ipv4.ip_forward`: of the namespace below `net.`, of the machine elsewhere. */
export function readSysctl(
  { namespace, machine }: Pick<LocalSystem, 'namespace' | 'machine'>,
  key: string,
): string | undefined {
  const own = key.startsWith('net.') ? namespace.sysctls[key.slice(4)] : machine.sysctls[key];
  if (own !== undefined) return own;
  if (key === 'net.netfilter.nf_conntrack_count')
    return String(Object.keys(namespace.conntrack.entries).length);
  if (key === 'net.ipv4.conf.all.forwarding') return namespace.sysctls['ipv4.ip_forward'] ?? '0';
  const [, device = '', setting = ''] =
    /^net\.ipv4\.conf\.([^.]+)\.(\w+_redirects|shared_media)$/.exec(key) ?? [];
  if (isRedirectSetting(setting) && isDeviceSet(namespace, device))
    return redirectSetting(namespace, device, setting) ? '1' : '0';
  return KERNEL_DEFAULTS[key] ?? ofDevice(namespace, key);
}

/** What each device has of its own: off, while nobody has set it. */
function ofDevice(namespace: NetworkNamespace, key: string): string | undefined {
  const [, device = ''] =
    /^net\.ipv4\.conf\.([^.]+)\.(rp_filter|route_localnet|proxy_arp|log_martians)$/.exec(key) ?? [];
  return device !== '' && isDeviceSet(namespace, device) ? '0' : undefined;
}

/** Every key that `sysctl -a` lists. */
export function sysctlKeys({ namespace, machine }: LocalSystem): readonly string[] {
  const own = Object.keys(namespace.sysctls).map((key) => `net.${key}`);
  const ofDevices = ['all', 'default', ...Object.keys(namespace.links)].flatMap((device) =>
    REDIRECT_SETTINGS.map((setting) => `net.ipv4.conf.${device}.${setting}`),
  );
  const others = [...Object.keys(machine.sysctls), ...own, ...Object.keys(KERNEL_DEFAULTS)];
  return [...new Set([...others, ...ofDevices])].sort();
}

/** A command of a Linux machine: `run` gets the system where the prompt stands. */
export function onLinux(
  run: (args: readonly string[], system: LocalSystem, context: CommandContext) => CommandResult,
): Command {
  return (args, context) => {
    const system = localSystemOf(context);
    if (system) context.cluster.wake(system.namespace);
    return system
      ? run(args, system, context)
      : finished('', 1, 'error: the container is not running\n');
  };
}
