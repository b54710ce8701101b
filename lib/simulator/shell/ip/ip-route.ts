import { cidrBounds, cidrContains, networkOf } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import type { NetworkNamespace, Route } from '../../linux/network.ts';
import {
  addRoute,
  deleteRoute,
  formatRoute,
  isLocalAddress,
  lookUpRoute,
  sourceAddressFor,
} from '../../linux/routes.ts';
import { finished, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';
import { inOrder } from './link-text.ts';

const printed = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const fail = (text: string, exitCode = 2) => finished('', exitCode, `${text}\n`);

/** The local table: what the kernel makes of the addresses. */
function localTable(namespace: NetworkNamespace): string[] {
  return inOrder(namespace).flatMap((link) =>
    link.addresses
      .filter(({ address }) => ipVersion(address) === 4)
      .flatMap(({ address, prefix }) => {
        const tail = `dev ${link.name} proto kernel scope host src ${address} `;
        const bounds = cidrBounds(`${address}/${prefix}`);
        const network = networkOf(`${address}/${prefix}`);
        return [
          ...(link.kind === 'loopback' ? [`local ${network} ${tail}`] : []),
          `local ${address} ${tail}`,
          ...(prefix < 31
            ? [`broadcast ${bounds?.last} dev ${link.name} proto kernel scope link src ${address} `]
            : []),
        ];
      }),
  );
}

/** Words as `key value` pairs behind a first destination: `default via 10.0.0.1 dev eth0`. */
function readWords(words: readonly string[]): {
  destination?: string;
  pairs: Record<string, string>;
} {
  const KEYS = [
    'via',
    'dev',
    'src',
    'metric',
    'proto',
    'scope',
    'table',
    'from',
    'to',
    'root',
    'match',
    'exact',
    'type',
  ];
  const pairs: Record<string, string> = {};
  let destination: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (KEYS.includes(word)) pairs[word] = words[++i] ?? '';
    else if (word !== 'onlink') destination ??= word;
  }
  return { pairs, ...(destination !== undefined && { destination }) };
}

const canonical = (text: string) => (text === 'default' ? '0.0.0.0/0' : networkOf(text));

function show(words: readonly string[], { namespace }: LocalSystem): CommandResult {
  const { destination, pairs } = readWords(words);
  if (pairs['table'] === 'local') return finished(printed(localTable(namespace)));
  const wanted = pairs['exact'] ?? pairs['root'] ?? pairs['match'] ?? destination;
  if (wanted !== undefined && canonical(wanted) === undefined)
    return fail(`Error: any valid prefix is expected rather than "${wanted}".`, 1);
  if (pairs['dev'] !== undefined && !namespace.links[pairs['dev']])
    return fail(`Cannot find device "${pairs['dev']}"`, 1);
  const { routes } = lookUpRoute(namespace, '0.0.0.0');
  const shown = routes.filter(
    (route) =>
      (wanted === undefined || route.destination === canonical(wanted)) &&
      (pairs['dev'] === undefined || route.device === pairs['dev']) &&
      (pairs['via'] === undefined || route.via === pairs['via']) &&
      (pairs['proto'] === undefined || route.protocol === pairs['proto']),
  );
  // With a device given, iproute2 does not repeat it.
  const lines = shown.map((route) =>
    pairs['dev'] === undefined
      ? `${formatRoute(route)} `
      : `${formatRoute(route).replace(` dev ${route.device}`, '')} `,
  );
  return finished(printed(pairs['table'] === 'all' ? [...lines, ...localTable(namespace)] : lines));
}

function get(words: readonly string[], { namespace }: LocalSystem): CommandResult {
  const { destination, pairs } = readWords(words);
  const address = pairs['to'] ?? destination;
  if (address === undefined) return fail('need at least a destination address', 1);
  if (ipVersion(address) === undefined)
    return fail(`Error: any valid prefix is expected rather than "${address}".`, 1);
  if (isLocalAddress(namespace, address)) {
    return finished(`local ${address} dev lo src ${address} uid 0 \n    cache <local> \n`);
  }
  const { routes, chosen } = lookUpRoute(namespace, address);
  const route = routes[chosen];
  if (!route) return fail('RTNETLINK answers: Network is unreachable');
  const via = route.via === undefined ? '' : ` via ${route.via}`;
  const source = sourceAddressFor(namespace, route, address);
  return finished(
    `${address}${via} dev ${route.device}${source === undefined ? '' : ` src ${source}`} uid 0 \n    cache \n`,
  );
}

function routeOf(words: readonly string[], namespace: NetworkNamespace): Route | string {
  const { destination, pairs } = readWords(words);
  const wanted = destination === undefined ? undefined : canonical(destination);
  if (destination === undefined || wanted === undefined)
    return destination === undefined
      ? 'Error: either "to" is duplicate, or "" is a garbage.'
      : `Error: any valid prefix is expected rather than "${destination}".`;
  const via = pairs['via'];
  const device =
    pairs['dev'] ??
    inOrder(namespace).find((link) =>
      link.addresses.some(
        ({ address, prefix }) => via !== undefined && cidrContains(`${address}/${prefix}`, via),
      ),
    )?.name;
  if (device === undefined)
    return via === undefined
      ? 'RTNETLINK answers: No such device'
      : 'Error: Nexthop has invalid gateway.';
  if (!namespace.links[device]) return `Cannot find device "${device}"`;
  return {
    destination: wanted,
    device,
    protocol: 'boot',
    ...(via === undefined ? { scope: 'link' as const } : { via }),
    ...(pairs['src'] !== undefined && { source: pairs['src'] }),
    ...(pairs['metric'] !== undefined && { metric: Number(pairs['metric']) }),
  };
}

function change(
  verb: 'add' | 'del' | 'replace',
  words: readonly string[],
  system: LocalSystem,
): CommandResult {
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  const { namespace } = system;
  const { destination, pairs } = readWords(words);
  if (verb !== 'add') {
    const wanted = destination === undefined ? undefined : canonical(destination);
    if (wanted === undefined)
      return fail(`Error: any valid prefix is expected rather than "${destination ?? ''}".`, 1);
    const problem = deleteRoute(namespace, {
      destination: wanted,
      ...(verb === 'del' && pairs['via'] !== undefined && { via: pairs['via'] }),
      ...(verb === 'del' && pairs['dev'] !== undefined && { device: pairs['dev'] }),
    });
    if (verb === 'del') return problem === undefined ? finished('') : fail(problem);
  }
  const route = routeOf(words, namespace);
  if (typeof route === 'string') return fail(route, route.startsWith('RTNETLINK') ? 2 : 1);
  const problem = addRoute(namespace, route);
  return problem === undefined ? finished('') : fail(problem);
}

/** `ip route show|get|add|del|replace`. */
export function ipRoute(words: readonly string[], system: LocalSystem): CommandResult {
  const [verb = 'show', ...rest] = words;
  if ('show'.startsWith(verb) || 'list'.startsWith(verb) || verb === 'lst')
    return show(rest, system);
  if ('get'.startsWith(verb)) return get(rest, system);
  if ('add'.startsWith(verb)) return change('add', rest, system);
  if ('delete'.startsWith(verb)) return change('del', rest, system);
  if ('replace'.startsWith(verb)) return change('replace', rest, system);
  return fail(`Command "${verb}" is unknown, try "ip route help".`, 255);
}
