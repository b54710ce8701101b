import type { Pod, PodDnsConfig } from '../../api/core/pod.ts';
import { clusterDnsOf, type ClusterOptions } from '../../cluster-options.ts';

/** pkg/apis/core/validation `MaxDNSNameservers`, `MaxDNSSearchPaths`, `MaxDNSSearchListChars`. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_DOMAIN = 255;

interface Resolver {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** Reads a resolv.conf (resolv.conf(5)); the last `search` line counts. */
export function parseResolvConf(text: string): Resolver {
  const nameservers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) nameservers.push(values[0]);
    else if (keyword === 'search') searches = values;
    else if (keyword === 'options') options = values;
  }
  return { nameservers, searches, options };
}

const line = (keyword: string, values: readonly string[]) =>
  values.length > 0 ? `${keyword} ${values.join(' ')}\n` : '';

/** The text that containerd writes from a CRI DNS configuration (`parseDNSOptions`): search, nameserver, options. */
function formatResolvConf({ nameservers, searches, options }: Resolver): string {
  const servers = nameservers.map((server) => `nameserver ${server}\n`).join('');
  return `${line('search', searches)}${servers}${line('options', options)}`;
}

const unique = (values: readonly string[]) => [...new Set(values)];

/** `appendDNSConfig`: servers and searches are appended, options replaced by name. */
function withDnsConfig(resolver: Resolver, config: PodDnsConfig | undefined): Resolver {
  const own = new Map(
    (config?.options ?? []).map(({ name = '', value }) => [
      name,
      value === undefined || value === '' ? name : `${name}:${value}`,
    ]),
  );
  const kept = resolver.options.filter((option) => !own.has(option.split(':')[0] ?? ''));
  return {
    nameservers: unique([...resolver.nameservers, ...(config?.nameservers ?? [])]),
    searches: unique([...resolver.searches, ...(config?.searches ?? [])]),
    options: [...kept, ...own.values()],
  };
}

function baseResolver(pod: Pod, host: Resolver, options: ClusterOptions): Resolver {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const usesCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec.hostNetwork);
  if (policy === 'None') return { nameservers: [], searches: [], options: [] };
  if (!usesCluster) return host;
  const domain = options.clusterDomain;
  const namespace = pod.metadata.namespace ?? 'default';
  return {
    nameservers: [clusterDnsOf(options)],
    searches: unique([`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches]),
    options: ['ndots:5'],
  };
}

interface Fitted {
  readonly values: readonly string[];
  readonly problem?: string;
}

/** `formDNSSearchFitsLimits`: 32 domains, 2048 characters, no domain of more than 255. */
function fitSearches(searches: readonly string[]): Fitted {
  let values = searches.slice(0, MAX_SEARCHES).filter((domain) => domain.length <= MAX_DOMAIN);
  while (values.join(' ').length > MAX_SEARCH_CHARACTERS) values = values.slice(0, -1);
  if (values.length === searches.length) return { values };
  const problem = `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${values.join(' ')}`;
  return { values, problem };
}

/** `formDNSNameserversFitsLimits`: three, as many as the C libraries read. */
function fitNameservers(nameservers: readonly string[]): Fitted {
  const values = nameservers.slice(0, MAX_NAMESERVERS);
  if (values.length === nameservers.length) return { values };
  const problem = `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${values.join(' ')}`;
  return { values, problem };
}

/** The resolver of a pod, and what the kubelet complains of in DNSConfigForming events. */
export interface PodDns {
  /** /etc/resolv.conf of the pod's containers. */
  readonly resolvConf: string;
  readonly problems: readonly string[];
}

/**
 * dnsPolicy and dnsConfig made into a resolv.conf. Source: pkg/kubelet/network/dns/dns.go, `GetPodDNS`.
 * `hostResolvConf` is the node's own file.
 */
export function podDns(pod: Pod, hostResolvConf: string, options: ClusterOptions): PodDns {
  const base = baseResolver(pod, parseResolvConf(hostResolvConf), options);
  const merged = withDnsConfig(base, pod.spec.dnsConfig);
  const nameservers = fitNameservers(merged.nameservers);
  const searches = fitSearches(merged.searches);
  return {
    resolvConf: formatResolvConf({
      nameservers: nameservers.values,
      searches: searches.values,
      options: merged.options,
    }),
    problems: [nameservers, searches].flatMap(({ problem }) => problem ?? []),
  };
}
