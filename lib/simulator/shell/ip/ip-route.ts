import { cidrContains, networkOf } from '../../base/cidr.ts';
import type { Micros } from '../../base/clock.ts';
import { ipVersion } from '../../base/ip.ts';
import type { NetworkNamespace, Route } from '../../linux/network.ts';
import { MAIN_TABLE, LOCAL_TABLE, parseTableName, tableName } from '../../linux/policy-rules.ts';
import {
  addRoute,
  deleteRoute,
  formatRoute,
  isLocalAddress,
  routesOfTable,
} from '../../linux/routes.ts';
import { finished, type CommandResult, type Ended } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';
import type { IpOptions } from './ip-options.ts';
import { getRoute } from './ip-route-get.ts';
import { inOrder } from './link-text.ts';
import { localTable } from './local-table.ts';
import { readRouteWords, type RouteWords } from './route-words.ts';

const printed = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const fail = (text: string, exitCode = 2) => finished('', exitCode, `${text}\n`);
const PREFIX_EXPECTED = (text: string) =>
  fail(`Error: any valid prefix is expected rather than "${text}".`, 1);

/** `default` and bare addresses are prefixes too. */
function canonical(text: string, version: 4 | 6): string | undefined {
  if (text === 'default' || text === 'any' || text === 'all')
    return version === 6 ? '::/0' : '0.0.0.0/0';
  const family = ipVersion(text);
  return family === undefined ? networkOf(text) : `${text}/${family === 6 ? 128 : 32}`;
}

interface Selection {
  readonly words: RouteWords;
  readonly version: 4 | 6;
  /** `all`, or a number. */
  readonly table: number | 'all';
}

/** The kernel's own choice where nobody named one: global through a gateway, and for what is no way at all. */
const scopeOf = ({ scope }: Route) => scope ?? 'global';

function isSelected(route: Route, { words, version }: Selection): boolean {
  const { pairs, destination } = words;
  const exact = pairs['exact'] ?? destination;
  const address = (pairs['match'] ?? '').split('/')[0] ?? '';
  const root = pairs['root'] === undefined ? undefined : canonical(pairs['root'], version);
  return (
    (exact === undefined || route.destination === canonical(exact, version)) &&
    (pairs['match'] === undefined || cidrContains(route.destination, address)) &&
    (root === undefined || cidrContains(root, route.destination.split('/')[0] ?? '')) &&
    (pairs['dev'] === undefined || route.device === pairs['dev']) &&
    (pairs['via'] === undefined || route.via === pairs['via']) &&
    (pairs['proto'] === undefined || (route.protocol ?? 'boot') === pairs['proto']) &&
    (pairs['scope'] === undefined || scopeOf(route) === pairs['scope']) &&
    (pairs['type'] === undefined || (route.type ?? 'unicast') === pairs['type'])
  );
}

/** Tables in which something stands, by number; the kernel lists the main one last but for the local one. */
function tablesOf({ routes }: NetworkNamespace, version: 4 | 6): number[] {
  const own = routes
    .filter((route) => ipVersion(route.destination.split('/')[0] ?? '') === version)
    .map((route) => route.table ?? MAIN_TABLE);
  return [...new Set([...own, MAIN_TABLE])].sort((a, b) => a - b);
}

/** What the question names for one value alone (`dev`, `via`, `proto`, `scope`), iproute2 does not repeat. */
const ASKED = ['dev', 'via', 'proto', 'scope'] as const;

/** With `table all` each table but main is named, with `-d` also what goes without saying. */
function lineOf(
  route: Route,
  table: number,
  { words: { pairs }, table: asked }: Selection,
  { details }: IpOptions,
): string {
  const isV6 = route.destination.includes(':');
  const full = details
    ? { ...route, protocol: route.protocol ?? 'boot', scope: scopeOf(route) }
    : route;
  let text = formatRoute(full);
  if (details) text = detailed(text, full, isV6);
  if (asked === 'all' && table !== MAIN_TABLE)
    text = text.replace(/^(.*? dev \S+|\S+ \S+)/, `$1 table ${tableName(table)}`);
  for (const key of ASKED)
    if (pairs[key] !== undefined) text = text.replace(` ${key} ${pairs[key]}`, '');
  return withBlank(text);
}

/** `-d`: the type in front, the protocol and the scope always. */
function detailed(text: string, { type, protocol, scope }: Route, isV6: boolean): string {
  const typed = type === undefined ? `unicast ${text}` : text;
  const named = typed.includes(' proto ')
    ? typed
    : typed.replace(/( dev \S+| via \S+(?= dev)|$)/, `$1 proto ${protocol}`);
  return isV6 || named.includes(' scope ')
    ? named
    : named.replace(/( proto \S+)/, `$1 scope ${scope}`);
}

/** iproute2 leaves a blank behind an IPv4 route. */
const withBlank = (text: string) => (/ pref \w+$/.test(text) ? text : `${text} `);

function selectionOf(words: readonly string[], version: 4 | 6): Selection | string {
  const read = readRouteWords(words);
  const table = read.pairs['table'] ?? 'main';
  const number = table === 'all' || table === 'cache' ? 'all' : parseTableName(table);
  if (number === undefined)
    return `Error: argument "${table}" is wrong: table id value is invalid\n`;
  return { words: read, version, table: number };
}

function toJson(route: Route) {
  return {
    ...(route.type === undefined ? {} : { type: route.type }),
    dst: /^(0\.0\.0\.0|::)\/0$/.test(route.destination)
      ? 'default'
      : route.destination.replace(/\/(32|128)$/, ''),
    ...(route.via === undefined ? {} : { gateway: route.via }),
    ...(route.device === '' ? {} : { dev: route.device }),
    ...(route.protocol === undefined || route.protocol === 'boot'
      ? {}
      : { protocol: route.protocol }),
    ...(route.scope === undefined || route.scope === 'global' ? {} : { scope: route.scope }),
    ...(route.source === undefined ? {} : { prefsrc: route.source }),
    ...(route.metric === undefined ? {} : { metric: route.metric }),
    flags: route.onlink ? ['onlink'] : [],
  };
}

/** Without `-4` or `-6`, `table all` is of both families. */
function show(words: readonly string[], options: IpOptions, system: LocalSystem): CommandResult {
  const { family } = options;
  const asked = readRouteWords(words).pairs['table'];
  if (asked !== 'all' || family !== undefined || options.json)
    return showFamily(words, options, family ?? 4, system);
  const first = showFamily(words, options, 4, system);
  const second = showFamily(words, options, 6, system);
  return first.exitCode === 0 && second.exitCode === 0
    ? finished(first.stdout + second.stdout)
    : first;
}

function showFamily(
  words: readonly string[],
  options: IpOptions,
  version: 4 | 6,
  system: LocalSystem,
): Ended {
  const { namespace } = system;
  const selection = selectionOf(words, version);
  if (typeof selection === 'string') return fail(selection, 255);
  const { pairs, destination } = selection.words;
  const wanted = pairs['exact'] ?? pairs['root'] ?? pairs['match'] ?? destination;
  if (wanted !== undefined && canonical(wanted, version) === undefined)
    return PREFIX_EXPECTED(wanted);
  if (pairs['dev'] !== undefined && !namespace.links[pairs['dev']])
    return fail(`Cannot find device "${pairs['dev']}"`, 1);
  if (selection.table === LOCAL_TABLE) {
    return finished(printed(localTable(namespace, version, 'named-by-the-question')));
  }
  const tables = selection.table === 'all' ? tablesOf(namespace, version) : [selection.table];
  const found = tables.flatMap((table) =>
    routesOfTable(namespace, version, table)
      .filter((route) => isSelected(route, selection))
      .map((route) => ({ route, table })),
  );
  if (typeof selection.table === 'number' && selection.table !== MAIN_TABLE) {
    const exists = routesOfTable(namespace, version, selection.table).length > 0;
    if (!exists && version === 4) {
      return fail('Error: ipv4: FIB table does not exist.\nDump terminated');
    }
  }
  if (options.json) return finished(`${JSON.stringify(found.map(({ route }) => toJson(route)))}\n`);
  const lines = found.map(({ route, table }) => lineOf(route, table, selection, options));
  const local = selection.table === 'all' ? localTable(namespace, version, 'among-others') : [];
  const shownLocal = local.filter(
    (line) => pairs['type'] === undefined || line.startsWith(pairs['type']),
  );
  return finished(printed([...lines, ...shownLocal]));
}

const TYPES = ['blackhole', 'unreachable', 'prohibit', 'throw'] as const;

/** `10.0.0.1/24` is an address in a network, not a network; IPv6 masks it silently. */
const hasHostBits = (text: string) =>
  text.includes('/') &&
  !text.includes(':') &&
  networkOf(text) !== text &&
  ipVersion(text.split('/')[0] ?? '') === 4;

/** The device that a gateway is reached by. */
const deviceTo = (namespace: NetworkNamespace, via: string | undefined) =>
  via === undefined
    ? undefined
    : inOrder(namespace).find(({ addresses }) =>
        addresses.some(({ address, prefix }) => cidrContains(`${address}/${prefix}`, via)),
      )?.name;

function routeOf(
  words: readonly string[],
  version: 4 | 6,
  namespace: NetworkNamespace,
): Route | string {
  const type = TYPES.find((one) => one === words[0]);
  const { destination, pairs, onlink } = readRouteWords(type ? words.slice(1) : words);
  const wanted = destination === undefined ? undefined : canonical(destination, version);
  if (destination === undefined) return 'Error: either "to" is duplicate, or "" is a garbage.';
  if (wanted === undefined)
    return `Error: any valid prefix is expected rather than "${destination}".`;
  const isOther = ipVersion(wanted.split('/')[0] ?? '') !== version;
  if (isOther)
    return `Error: inet${version === 6 ? '6' : ''} prefix is expected rather than "${destination}".`;
  if (hasHostBits(destination)) return 'Error: Invalid prefix for given prefix length.';
  const table = parseTableName(pairs['table'] ?? 'main');
  if (table === undefined)
    return `Error: argument "${pairs['table']}" is wrong: table id value is invalid\n`;
  const via = pairs['via'];
  if (via !== undefined && ipVersion(via) === undefined)
    return `Error: inet address is expected rather than "${via}".`;
  const source = pairs['src'];
  if (source !== undefined && !isLocalAddress(namespace, source))
    return version === 6 ? 'Error: Invalid source address.' : 'Error: Invalid prefsrc address.';
  const device = type ? '' : (pairs['dev'] ?? deviceTo(namespace, via));
  if (device === undefined) {
    return via === undefined
      ? 'RTNETLINK answers: No such device'
      : 'Error: Nexthop has invalid gateway.';
  }
  if (device !== '' && !namespace.links[device]) return `Cannot find device "${device}"`;
  const isV6 = wanted.includes(':');
  return {
    destination: wanted,
    device,
    protocol: pairs['proto'] === 'static' ? 'static' : 'boot',
    ...(type && { type }),
    ...(table !== MAIN_TABLE && { table }),
    ...(via !== undefined && { via }),
    ...(via === undefined && !type && !isV6 && { scope: 'link' as const }),
    ...(onlink && { onlink: true as const }),
    ...(source !== undefined && { source }),
    ...(pairs['metric'] !== undefined && { metric: Number(pairs['metric']) }),
  };
}

const exitCodeOf = (problem: string) =>
  problem.startsWith('RTNETLINK') ||
  problem.startsWith('Error: Nexthop') ||
  problem.startsWith('Error: Invalid') ||
  problem.startsWith('Error: Device')
    ? 2
    : 1;

function change(
  verb: 'add' | 'del' | 'replace' | 'change',
  words: readonly string[],
  { family }: IpOptions,
  system: LocalSystem,
): CommandResult {
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  const { namespace } = system;
  const given = TYPES.includes(words[0] as never) ? words.slice(1) : words;
  const { destination, pairs } = readRouteWords(given);
  const version = family ?? (/:/.test(`${destination}${pairs['via']}`) ? 6 : 4);
  if (verb === 'del') {
    const wanted = destination === undefined ? undefined : canonical(destination, version);
    if (wanted === undefined) return PREFIX_EXPECTED(destination ?? '');
    const table = parseTableName(pairs['table'] ?? 'main');
    const problem = deleteRoute(namespace, {
      destination: wanted,
      ...(pairs['via'] !== undefined && { via: pairs['via'] }),
      ...(pairs['dev'] !== undefined && { device: pairs['dev'] }),
      ...(pairs['metric'] !== undefined && { metric: Number(pairs['metric']) }),
      ...(table !== undefined && { table }),
    });
    return problem === undefined ? finished('') : fail(problem);
  }
  const route = routeOf(words, version, namespace);
  if (typeof route === 'string') return fail(route, exitCodeOf(route));
  if (verb !== 'add') {
    const { destination: wanted, metric, table } = route;
    const isSame = (other: Route) =>
      other.destination === wanted &&
      (other.metric ?? 0) === (metric ?? 0) &&
      (other.table ?? MAIN_TABLE) === (table ?? MAIN_TABLE);
    const index = namespace.routes.findIndex(isSame);
    if (index < 0 && verb === 'change') return fail('RTNETLINK answers: No such file or directory');
    const [old] = index < 0 ? [] : namespace.routes.splice(index, 1);
    const problem = addRoute(namespace, route);
    if (problem !== undefined && old) namespace.routes.splice(index, 0, old);
    return problem === undefined ? finished('') : fail(problem);
  }
  const problem = addRoute(namespace, route);
  return problem === undefined ? finished('') : fail(problem);
}

/** What the kernel made of addresses stays unless the flush names it (`proto kernel` routes go with `ip route flush` too). */
function flush(words: readonly string[], options: IpOptions, system: LocalSystem): CommandResult {
  if (words.length === 0) return fail('"ip route flush" requires arguments.', 1);
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  const version = options.family ?? 4;
  const selection = selectionOf(words, version);
  if (typeof selection === 'string') return fail(selection, 255);
  const { dev } = selection.words.pairs;
  if (dev !== undefined && !system.namespace.links[dev])
    return fail(`Cannot find device "${dev}"`, 1);
  const { routes } = system.namespace;
  const tables =
    selection.table === 'all' ? tablesOf(system.namespace, version) : [selection.table];
  const gone = tables.flatMap((table) =>
    routesOfTable(system.namespace, version, table).filter((route) => isSelected(route, selection)),
  );
  routes.splice(0, routes.length, ...routes.filter((route) => !gone.includes(route)));
  return finished('');
}

/** `ip route show|get|add|del|replace|change|append|flush`. */
export function ipRoute(
  words: readonly string[],
  options: IpOptions,
  system: LocalSystem,
  now: Micros,
): CommandResult {
  const [verb = 'show', ...rest] = words;
  const is = (name: string) => verb !== '' && name.startsWith(verb);
  if (is('show') || is('list') || verb === 'lst') return show(rest, options, system);
  if (is('get')) return getRoute(rest, system, now);
  if (is('add') || is('append')) return change('add', rest, options, system);
  if (is('delete')) return change('del', rest, options, system);
  if (is('replace')) return change('replace', rest, options, system);
  if (is('change')) return change('change', rest, options, system);
  if (is('flush')) return flush(rest, options, system);
  return fail(`Command "${verb}" is unknown, try "ip route help".`, 255);
}
