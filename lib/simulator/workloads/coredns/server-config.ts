import { parseIp } from '../../base/ip.ts';
import type { SocketAddress } from '../../base/flow.ts';
import type { Directive, ServerBlock } from './corefile.ts';
import type { KubernetesConfig, PodMode } from './find-records.ts';
import { parseHostsPlugin, type HostsConfig } from './hosts-plugin.ts';
import { parseRewrite, type RewriteRule } from './rewrite.ts';

/** What the plug-ins of one server block were told. Plain data: part of the process's state. */
export interface ServerConfig {
  readonly zones: readonly string[];
  readonly port: number;
  /** What `bind` names: addresses or devices. Empty: every address. */
  readonly bind: readonly string[];
  readonly kubernetes?: Omit<KubernetesConfig, 'localIps'>;
  readonly hosts?: HostsConfig;
  readonly rewrites: readonly RewriteRule[];
  readonly forward?: ForwardConfig;
  readonly cache?: CacheConfig;
  readonly healthPort?: number;
  /** `health 169.254.20.10:8080`. */
  readonly healthAddress?: string;
  /** Seconds that the health plug-in goes on serving after SIGTERM. */
  readonly lameduck: number;
  readonly readyPort?: number;
  readonly metricsPort?: number;
  readonly logsErrors: boolean;
  readonly logsQueries: boolean;
  readonly detectsLoops: boolean;
  readonly reloads: boolean;
  readonly balances: boolean;
  /** Plug-ins that are named but not modelled; they are passed over. */
  readonly ignored: readonly string[];
}

export interface ForwardConfig {
  /** Names under this zone are forwarded. */
  readonly from: string;
  readonly upstreams: readonly SocketAddress[];
  readonly except: readonly string[];
  readonly policy: 'random' | 'round_robin' | 'sequential';
  /** Questions that may be with upstreams at once; 0 without limit. */
  readonly maxConcurrent: number;
  /** `client`: as the client asked. */
  readonly transport: 'client' | 'tcp' | 'udp';
}

export interface CacheConfig {
  /** Upper bounds in seconds. */
  readonly successTtl: number;
  readonly denialTtl: number;
  /** Zones whose answers are not kept. */
  readonly uncachedSuccess: readonly string[];
  readonly uncachedDenial: readonly string[];
}

export type ServerConfigResult =
  | { readonly ok: true; readonly config: ServerConfig }
  | { readonly ok: false; readonly error: string };

interface Input {
  readonly path: string;
  readonly resolvConf: string;
}

const DEFAULT_TTL = 5;
const absolute = (zone: string) => (zone.endsWith('.') ? zone : `${zone}.`);
const optionOf = ({ block }: Directive, name: string) => block.find((one) => one.name === name);
const failure = (input: Input, { name, line }: Directive, text: string) =>
  ({
    ok: false,
    error: `plugin/${name}: ${input.path}:${line} - Error during parsing: ${text}`,
  }) as const;

/** CIDR zones become their reverse zones; names get a final dot. */
function reverseZone(zone: string): string {
  const match = /^(\d+)\.(\d+)\.(\d+)\.\d+\/(8|16|24)$/.exec(zone);
  if (!match) return absolute(zone);
  const octets = match.slice(1, 1 + Number(match[4]) / 8);
  return `${octets.reverse().join('.')}.in-addr.arpa.`;
}

function kubernetesConfig(
  directive: Directive,
  zones: readonly string[],
): Omit<KubernetesConfig, 'localIps'> | string {
  const pods = optionOf(directive, 'pods')?.args[0] ?? 'disabled';
  if (!['disabled', 'insecure', 'verified'].includes(pods))
    return `wrong value for pods: ${pods},  must be one of: disabled, verified, insecure`;
  const ttl = Number(optionOf(directive, 'ttl')?.args[0] ?? DEFAULT_TTL);
  if (!(ttl >= 0 && ttl <= 3600)) return `ttl must be in range [0, 3600]: ${ttl}`;
  const through = optionOf(directive, 'fallthrough');
  const ownZones = directive.args.length > 0 ? directive.args.map(reverseZone) : zones;
  const multiclusterZones = (optionOf(directive, 'multicluster')?.args ?? []).map(absolute);
  const foreign = multiclusterZones.find((zone) => !ownZones.includes(zone));
  if (foreign !== undefined) return `is not authoritative for the multicluster zone ${foreign}`;
  return {
    zones: ownZones,
    multiclusterZones,
    podMode: pods as PodMode,
    ttl,
    ignoresEmptyServices: optionOf(directive, 'ignore')?.args[0] === 'empty_service',
    fallthrough: through ? (through.args.length > 0 ? through.args.map(absolute) : ['.']) : [],
    namespaces: optionOf(directive, 'namespaces')?.args ?? [],
    namesEndpointsByPod: optionOf(directive, 'endpoint_pod_names') !== undefined,
    names: optionOf(directive, 'zonal') ? 'zonal' : 'flat',
  };
}

/** `8.8.8.8`, `8.8.8.8:5353`, `/etc/resolv.conf`; undefined for anything else. */
function upstreamsOf(word: string, resolvConf: string): SocketAddress[] | undefined {
  if (word.startsWith('/')) {
    return resolvConf
      .split('\n')
      .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
      .map((address) => ({ address, port: 53 }));
  }
  const text = word.replace(/^dns:\/\//, '');
  if (parseIp(text)) return [{ address: text, port: 53 }];
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text);
  return match?.[1] !== undefined && parseIp(match[1])
    ? [{ address: match[1], port: Number(match[2]) }]
    : undefined;
}

const FORWARD_OPTIONS = new Set(
  'except max_fails force_tcp prefer_udp expire max_idle_conns max_age tls tls_servername policy health_check max_concurrent next failfast_all_unhealthy_upstreams failover max_connect_attempts'.split(
    ' ',
  ),
);

function forwardConfig(directive: Directive, input: Input): ForwardConfig | string {
  const [from, ...to] = directive.args;
  if (from === undefined || to.length === 0)
    return "Wrong argument count or unexpected line ending after 'forward'";
  const upstreams: SocketAddress[] = [];
  for (const word of to) {
    const found = upstreamsOf(word, input.resolvConf);
    if (!found) return `not an IP address or file: "${word}"`;
    upstreams.push(...found);
  }
  const policy = optionOf(directive, 'policy')?.args[0] ?? 'random';
  if (policy !== 'random' && policy !== 'round_robin' && policy !== 'sequential')
    return `unknown policy '${policy}'`;
  const concurrent = optionOf(directive, 'max_concurrent')?.args[0];
  if (concurrent !== undefined && !/^\d+$/.test(concurrent))
    return `strconv.Atoi: parsing "${concurrent}": invalid syntax`;
  const transport = optionOf(directive, 'force_tcp')
    ? 'tcp'
    : optionOf(directive, 'prefer_udp')
      ? 'udp'
      : 'client';
  const unknown = directive.block.find(({ name }) => !FORWARD_OPTIONS.has(name));
  if (unknown) return `unknown property '${unknown.name}'`;
  const except = (optionOf(directive, 'except')?.args ?? []).map(absolute);
  const maxConcurrent = Number(concurrent ?? 0);
  return { from: absolute(from), upstreams, except, policy, maxConcurrent, transport };
}

function cacheConfig(directive: Directive, zones: readonly string[]): CacheConfig | string {
  const [first] = directive.args;
  const ttl = first !== undefined && /^\d+$/.test(first) ? Number(first) : undefined;
  if (ttl === 0) return 'cache TTL can not be zero or negative: 0';
  const disabled = (kind: string) =>
    directive.block
      .filter(({ name, args }) => name === 'disable' && args[0] === kind)
      .flatMap(({ args }) => (args.length > 1 ? args.slice(1).map(absolute) : zones));
  return {
    successTtl: Number(optionOf(directive, 'success')?.args[1] ?? ttl ?? 3600),
    denialTtl: Number(optionOf(directive, 'denial')?.args[1] ?? ttl ?? 1800),
    uncachedSuccess: disabled('success'),
    uncachedDenial: disabled('denial'),
  };
}

const portOf = (directive: Directive | undefined, standard: number) => {
  if (!directive) return undefined;
  const match = /:(\d+)$/.exec(directive.args[0] ?? '');
  return match ? Number(match[1]) : standard;
};

function lameduckOf(health: Directive | undefined): number {
  const [, amount = '0', unit = 's'] =
    /^(\d+)(ms|s|m)$/.exec((health && optionOf(health, 'lameduck')?.args[0]) ?? '') ?? [];
  return Number(amount) * (unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1);
}

const MODELLED = new Set(
  'bind kubernetes hosts rewrite forward cache health ready prometheus errors log loop reload loadbalance'.split(
    ' ',
  ),
);

/** Turns a server block into what our server does, or the error CoreDNS ends with. */
export function serverConfigOf(block: ServerBlock, input: Input): ServerConfigResult {
  const plugin = (name: string) => block.plugins.find((directive) => directive.name === name);
  const zones = block.zones.map(({ zone }) => zone);
  const [kubernetes, forward, cache] = [plugin('kubernetes'), plugin('forward'), plugin('cache')];
  const kubernetesPart = kubernetes && kubernetesConfig(kubernetes, zones);
  if (typeof kubernetesPart === 'string') return failure(input, kubernetes!, kubernetesPart);
  const forwardPart = forward && forwardConfig(forward, input);
  if (typeof forwardPart === 'string') return failure(input, forward!, forwardPart);
  const cachePart = cache && cacheConfig(cache, zones);
  if (typeof cachePart === 'string') return failure(input, cache!, cachePart);
  const hosts = plugin('hosts');
  const hostsPart = hosts && parseHostsPlugin(hosts, zones);
  if (typeof hostsPart === 'string') return failure(input, hosts!, hostsPart);
  const rewrites: RewriteRule[] = [];
  for (const directive of block.plugins.filter(({ name }) => name === 'rewrite')) {
    const rule = parseRewrite(directive);
    if (typeof rule === 'string') return failure(input, directive, rule);
    rewrites.push(rule);
  }
  const bind = block.plugins.filter(({ name }) => name === 'bind').flatMap(({ args }) => args);
  const healthAddress = /^(.+):\d+$/.exec(plugin('health')?.args[0] ?? '')?.[1];
  const healthPort = portOf(plugin('health'), 8080);
  const readyPort = portOf(plugin('ready'), 8181);
  const metricsPort = portOf(plugin('prometheus'), 9153);
  return {
    ok: true,
    config: {
      zones,
      port: block.zones[0]?.port ?? 53,
      bind,
      ...(kubernetesPart && { kubernetes: kubernetesPart }),
      ...(hostsPart && { hosts: hostsPart }),
      rewrites,
      ...(forwardPart && { forward: forwardPart }),
      ...(cachePart && { cache: cachePart }),
      ...(healthPort !== undefined && { healthPort }),
      ...(healthAddress !== undefined && { healthAddress }),
      ...(readyPort !== undefined && { readyPort }),
      ...(metricsPort !== undefined && { metricsPort }),
      lameduck: lameduckOf(plugin('health')),
      logsErrors: plugin('errors') !== undefined,
      logsQueries: plugin('log') !== undefined,
      detectsLoops: plugin('loop') !== undefined,
      reloads: plugin('reload') !== undefined,
      balances: plugin('loadbalance') !== undefined,
      ignored: block.plugins.map(({ name }) => name).filter((name) => !MODELLED.has(name)),
    },
  };
}
