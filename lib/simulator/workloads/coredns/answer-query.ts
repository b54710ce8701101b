import { ipVersion } from '../../base/ip.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type {
  DnsQuestion,
  RecordType,
  ResourceRecord,
  ResponseCode,
} from '../../packet/dns-message.ts';
import {
  findRecords,
  type Found,
  type FoundRecord,
  type KubernetesConfig,
} from './find-records.ts';
import { isInZone } from './parse-name.ts';
import { addressOfReverseName, findNamesOf } from './reverse.ts';
import { isHeadless, type ZoneData } from './zone-data.ts';

/**
 * What the kubernetes plug-in makes of a question. `next`: not ours, or a name error that falls through. `lookUp`: a
 * name outside our zones that an ExternalName points to; its records belong behind `answers`.
 */
export type PluginAnswer =
  | { readonly type: 'next' }
  | {
      readonly type: 'answer';
      readonly responseCode: ResponseCode;
      readonly answers: readonly ResourceRecord[];
      readonly authority: readonly ResourceRecord[];
      readonly additional: readonly ResourceRecord[];
      readonly lookUp?: DnsQuestion;
      readonly because?: ObjectRef;
    };

/** DNS schema version that `dns-version.<zone>` TXT gives (kubernetes/dns docs/specification.md). */
const SCHEMA_VERSION = '1.1.0';
const VERSION_TTL = 28_800;
/** How many aliases a chain may have (plugin/backend_lookup.go). */
const MAX_ALIASES = 8;

interface Scope {
  readonly zone: string;
  readonly data: ZoneData;
  readonly config: KubernetesConfig;
  /** Serial of the SOA: seconds since the epoch of the last change. */
  readonly serial: number;
}

interface Records {
  readonly answers: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
  readonly lookUp?: DnsQuestion;
  readonly because?: ObjectRef;
}

const NOTHING: Records = { answers: [] };
const absolute = (name: string) => (name.endsWith('.') ? name : `${name}.`);
const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Longest of `zones` that holds the name, in the spelling of the name (handler.go keeps the case that was asked). */
function zoneOf(name: string, zones: readonly string[]): string | undefined {
  const matching = zones.filter((zone) => isInZone(name, zone));
  const longest = matching.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : name.slice(name.length - longest.length);
}

const primaryZone = (config: KubernetesConfig) =>
  config.zones.find((zone) => !zone.toLowerCase().endsWith('.arpa.')) ?? '.';

function soaOf({ zone, config, serial }: Scope): ResourceRecord {
  return {
    name: zone,
    type: 'SOA',
    ttl: Math.min(config.ttl, 300),
    data: `ns.dns.${zone} hostmaster.${zone} ${serial} 7200 1800 86400 ${config.ttl}`,
  };
}

/** Where the server itself can be reached: its Service, or its own addresses (ns.go `nsAddrs`). */
function nameServers({ zone, data, config }: Scope): { name: string; ip: string }[] {
  const found = config.localIps.flatMap((localIp) =>
    data.endpointsWithIp(localIp).flatMap((slice) => {
      const service = data.service(slice.namespace, slice.service);
      if (!service || isHeadless(service)) return [];
      const name = `${service.name}.${service.namespace}.svc.${zone}`;
      return service.clusterIps.slice(0, 1).map((ip) => ({ name, ip }));
    }),
  );
  const distinct = found.filter(
    (one, i) => found.findIndex(({ name, ip }) => name === one.name && ip === one.ip) === i,
  );
  return distinct.length > 0
    ? distinct
    : config.localIps.map((ip) => ({ name: `ns.dns.${zone}`, ip }));
}

const typeOfAddress = (ip: string): 'A' | 'AAAA' => (ipVersion(ip) === 6 ? 'AAAA' : 'A');

function find(name: string, scope: Scope): Found {
  const { zone, config, data } = scope;
  if (sameName(name, `ns.dns.${zone}`)) {
    return nameServers(scope).map(({ name: owner, ip }) => ({
      host: ip,
      port: 0,
      owner,
      because: { kind: 'Service', name: owner },
    }));
  }
  return findRecords(name, zone, data, config);
}

/** Address records of a name, aliases followed while they stay in the zone (backend_lookup.go `A`, `AAAA`). */
function addressRecords(
  name: string,
  type: 'A' | 'AAAA',
  scope: Scope,
  aliases: readonly string[],
): Records | undefined {
  const found = find(name, scope);
  if (!found) return undefined;
  const { ttl } = scope.config;
  const alias = found.find(({ host }) => ipVersion(host) === undefined);
  if (alias) {
    const target = absolute(alias.host);
    const isLoop = sameName(target, name) || aliases.some((known) => sameName(known, target));
    if (isLoop || aliases.length >= MAX_ALIASES) return NOTHING;
    const cname: ResourceRecord = { name, type: 'CNAME', ttl, data: target };
    if (!isInZone(target, scope.zone)) {
      return { answers: [cname], lookUp: { name: target, type }, because: alias.because };
    }
    const next = addressRecords(target, type, scope, [...aliases, target]);
    if (!next || next.answers.length === 0) return NOTHING;
    return { ...next, answers: [cname, ...next.answers], because: alias.because };
  }
  const hosts = [...new Set(found.map(({ host }) => host))].filter(
    (host) => typeOfAddress(host) === type,
  );
  return {
    answers: hosts.map((host) => ({ name, type, ttl, data: host })),
    ...(found[0] && { because: found[0].because }),
  };
}

/** SRV records with their addresses beside them; weight 100 shared by all (backend_lookup.go `SRV`). */
function srvRecords(name: string, scope: Scope): Records | undefined {
  const all = find(name, scope);
  if (!all) return undefined;
  const found = all.filter(({ host }) => ipVersion(host) !== undefined);
  const weight = Math.max(1, Math.floor(100 / Math.max(1, found.length)));
  const { ttl } = scope.config;
  const answers = new Map<string, ResourceRecord>();
  const additional = new Map<string, ResourceRecord>();
  for (const { host, port, owner } of found) {
    if (port === -1) continue;
    const data = `0 ${weight} ${port} ${owner}`;
    answers.set(data, { name, type: 'SRV', ttl, data });
    const type = typeOfAddress(host);
    additional.set(`${owner} ${host}`, { name: owner, type, ttl, data: host });
  }
  return {
    answers: [...answers.values()],
    additional: [...additional.values()],
    ...(found[0] && { because: found[0].because }),
  };
}

function cnameRecords(name: string, scope: Scope): Records | undefined {
  const found = find(name, scope);
  if (!found) return undefined;
  const [first] = found;
  if (!first || ipVersion(first.host) !== undefined) return NOTHING;
  const data = absolute(first.host);
  return {
    answers: [{ name, type: 'CNAME', ttl: scope.config.ttl, data }],
    because: first.because,
  };
}

function ptrRecords(name: string, scope: Scope): Records | undefined {
  const ip = addressOfReverseName(name);
  if (ip === undefined) return find(name, scope) ? NOTHING : undefined;
  const found = findNamesOf(ip, primaryZone(scope.config), scope.data, scope.config);
  if (!found) return undefined;
  const names = new Map<string, FoundRecord>(found.map((record) => [record.host, record]));
  return {
    answers: [...names.keys()].map((data) => ({ name, type: 'PTR', ttl: scope.config.ttl, data })),
    ...(found[0] && { because: found[0].because }),
  };
}

function nsRecords(name: string, scope: Scope): Records {
  const { ttl } = scope.config;
  const servers = nameServers(scope);
  const names = [...new Set(servers.map((server) => server.name))];
  return {
    answers: names.map((data) => ({ name, type: 'NS', ttl, data })),
    additional: servers.map((server) => ({
      name: server.name,
      type: typeOfAddress(server.ip),
      ttl,
      data: server.ip,
    })),
  };
}

/** Only whether the name exists: decides between NODATA and a name error. */
const existence = (name: string, scope: Scope): Records | undefined =>
  addressRecords(name, 'A', scope, []) && NOTHING;

/** One name has text; of others it is asked whether they have anything, as for every type without records. */
function txtRecords(name: string, scope: Scope): Records | undefined {
  if (!sameName(name, `dns-version.${scope.zone}`)) return existence(name, scope);
  return { answers: [{ name, type: 'TXT', ttl: VERSION_TTL, data: `"${SCHEMA_VERSION}"` }] };
}

function recordsOf(name: string, type: RecordType, scope: Scope): Records | undefined {
  const isApex = sameName(name, scope.zone);
  switch (type) {
    case 'A':
    case 'AAAA':
      return addressRecords(name, type, scope, []);
    case 'SRV':
      return srvRecords(name, scope);
    case 'CNAME':
      return cnameRecords(name, scope);
    case 'PTR':
      return ptrRecords(name, scope);
    case 'TXT':
      return txtRecords(name, scope);
    case 'SOA':
      return isApex ? { answers: [soaOf(scope)] } : existence(name, scope);
    case 'NS':
      return isApex ? nsRecords(name, scope) : existence(name, scope);
    case 'ANY':
    case 'HINFO':
    case 'MX':
      return existence(name, scope);
  }
}

/**
 * Answers a question as CoreDNS's kubernetes plug-in does. `question.name` is absolute (a final dot is added when it
 * lacks one) and its spelling is kept in the answer. Source: CoreDNS 1.13 plugin/kubernetes/handler.go.
 */
export function answerQuery(
  question: DnsQuestion,
  data: ZoneData,
  config: KubernetesConfig,
  serial: number,
): PluginAnswer {
  const name = absolute(question.name);
  const zone = zoneOf(name, config.zones);
  if (zone === undefined) return { type: 'next' };
  const scope: Scope = { zone, data, config, serial };
  const records = recordsOf(name, question.type, scope);
  if (!records && config.fallthrough.some((through) => isInZone(name, through)))
    return { type: 'next' };
  if (!records || records.answers.length === 0) {
    return {
      type: 'answer',
      responseCode: records ? 'NOERROR' : 'NXDOMAIN',
      answers: [],
      authority: [soaOf(scope)],
      additional: [],
    };
  }
  return {
    type: 'answer',
    responseCode: 'NOERROR',
    answers: records.answers,
    authority: [],
    additional: records.additional ?? [],
    ...(records.lookUp && { lookUp: records.lookUp }),
    ...(records.because && { because: records.because }),
  };
}
