import { SECOND, type Micros } from '../../base/clock.ts';
import { ipVersion } from '../../base/ip.ts';
import { lookUpFib, type RouteDecision, type RouteQuery } from '../../linux/fib.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import { isDefaultRule, MAIN_TABLE, tableName } from '../../linux/policy-rules.ts';
import { learnedPathMtu } from '../../linux/path-mtu.ts';
import type { RedirectedRoute } from '../../linux/redirected.ts';
import { redirectOf } from '../../linux/redirects.ts';
import { formatRoute, isLocalAddress, sourceAddressFor } from '../../linux/routes.ts';
import { finished, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';
import { broadcastOf, inOrder } from './link-text.ts';
import { readRouteWords } from './route-words.ts';

const fail = (text: string, exitCode = 2) => finished('', exitCode, `RTNETLINK answers: ${text}\n`);

interface Question {
  readonly address: string;
  readonly namespace: NetworkNamespace;
  readonly from: string | undefined;
  readonly iif: string | undefined;
  readonly mark: string | undefined;
  readonly now: Micros;
}

/** What the kernel gives back where there is no way (fib_props). */
function refusal(decision: Exclude<RouteDecision, { type: 'unicast' | 'local' }>): CommandResult {
  switch (decision.type) {
    case 'blackhole':
      return fail('Invalid argument');
    case 'unreachable':
      return fail('No route to host');
    case 'prohibit':
      return fail('Permission denied');
    case 'none':
      return fail('Network is unreachable');
  }
}

/** With rules of its own a namespace keeps local and main apart, and the answer names the table (fib_unmerge). */
const hasOwnRules = ({ rules }: NetworkNamespace) => !rules.every(isDefaultRule);

const markText = (mark: string | undefined) => {
  const value = Number(mark ?? 0);
  return value === 0 ? '' : ` mark ${value >= 16 ? `0x${value.toString(16)}` : value}`;
};

function localText({ address, namespace, from, iif, mark }: Question): string {
  if (address.includes(':')) {
    return `local ${address} from ${from ?? '::'} dev lo table local proto kernel src ${address} metric 0 pref medium\n`;
  }
  const table = hasOwnRules(namespace) ? ' table local' : '';
  return iif === undefined
    ? `local ${address}${from === undefined ? '' : ` from ${from}`} dev lo${table}${from === undefined ? ` src ${address}` : ''}${markText(mark)} uid 0 \n    cache <local> \n`
    : `local ${address} from ${from ?? '0.0.0.0'} dev lo${table}${markText(mark)} \n    cache <local> iif ${iif} \n`;
}

/** What routers said of the way: rtm_flags and the metrics of a next hop's exception. */
function exceptionText(
  namespace: NetworkNamespace,
  address: string,
  redirected: RedirectedRoute | undefined,
  now: Micros,
): string {
  const mtu = learnedPathMtu(namespace, address, now);
  const expiresAt =
    mtu === undefined ? redirected?.expiresAt : namespace.pathMtus?.[address]?.expiresAt;
  const seconds = Math.floor(((expiresAt ?? now) - now) / SECOND);
  return [
    redirected ? '<redirected> ' : '',
    expiresAt === undefined ? '' : `expires ${seconds}sec `,
    mtu === undefined ? '' : `mtu ${mtu} `,
  ].join('');
}

function unicastText(
  { address, namespace, from, iif, mark, now }: Question,
  { route, table }: Extract<RouteDecision, { type: 'unicast' }>,
): string {
  const redirected = redirectOf(namespace, route, address, now);
  const gateway = redirected?.gateway ?? route.via;
  const via = gateway === undefined ? '' : ` via ${gateway}`;
  const named = table === MAIN_TABLE ? '' : ` table ${tableName(table)}`;
  const source = from === undefined ? sourceAddressFor(namespace, route, address) : undefined;
  const src = source === undefined ? '' : ` src ${source}`;
  if (address.includes(':')) {
    const protocol =
      route.protocol === undefined || route.protocol === 'boot' ? '' : ` proto ${route.protocol}`;
    return `${address} from ${from ?? '::'}${via} dev ${route.device}${named}${protocol}${src} metric ${route.metric ?? 1024} pref medium\n`;
  }
  const sender = from === undefined ? '' : ` from ${from}`;
  return iif === undefined
    ? `${address}${sender}${via} dev ${route.device}${named}${src}${markText(mark)} uid 0 \n    cache ${exceptionText(namespace, address, redirected, now)}\n`
    : `${address}${sender}${via} dev ${route.device}${named}${markText(mark)} \n    cache iif ${iif} \n`;
}

/** The device on whose network the address is everybody's. */
function broadcastLink(namespace: NetworkNamespace, asked: string) {
  for (const link of inOrder(namespace)) {
    const entry = link.addresses.find((one) => broadcastOf(link, one) === asked);
    if (entry && link.isUp) return { device: link.name, source: entry.address };
  }
  return undefined;
}

/** `ip route get ADDRESS [from ADDRESS] [iif DEVICE] [oif DEVICE] [mark N]`: asks the rules as a packet would. */
export function getRoute(
  words: readonly string[],
  { namespace }: LocalSystem,
  now: Micros,
): CommandResult {
  const { destination, pairs } = readRouteWords(words.filter((word) => word !== 'fibmatch'));
  const [address, length] = destination?.split('/') ?? [];
  if (address === undefined) return finished('', 1, 'need at least a destination address\n');
  const most = address.includes(':') ? 128 : 32;
  const warning =
    length === undefined || Number(length) === most
      ? ''
      : `Warning: /${length} as prefix is invalid, only /${most} (or none) is supported.\n`;
  const { from, iif, oif, mark } = pairs as Readonly<
    Record<'from' | 'iif' | 'oif' | 'mark', string | undefined>
  >;
  for (const text of [address, from]) {
    if (text !== undefined && ipVersion(text) === undefined) {
      return finished('', 1, `Error: any valid prefix is expected rather than "${text}".\n`);
    }
  }
  for (const device of [iif, oif]) {
    if (device !== undefined && !namespace.links[device]) {
      return finished('', 1, `Cannot find device "${device}"\n`);
    }
  }
  if (from !== undefined && iif === undefined && !isLocalAddress(namespace, from)) {
    return fail('Network is unreachable');
  }
  const query: RouteQuery = {
    ...(from !== undefined && { source: from }),
    ...(mark !== undefined && { mark: Number(mark) }),
    ...(iif !== undefined && { inDevice: iif }),
    ...(oif !== undefined && { outDevice: oif }),
  };
  const decision = lookUpFib(namespace, address, query);
  const question: Question = { address, namespace, from, iif, mark, now };
  if (decision.type === 'local') return finished(localText(question), 0, warning);
  const own = iif === undefined ? broadcastLink(namespace, address) : undefined;
  if (own)
    return finished(
      `broadcast ${address} dev ${own.device}${from === undefined ? '' : ` from ${from}`} src ${own.source} uid 0 \n    cache <local,brd> \n`,
    );
  // A machine that does not forward has no way for others (ip_route_input_slow: EHOSTUNREACH).
  if (iif !== undefined && namespace.sysctls['ipv4.ip_forward'] !== '1' && !address.includes(':')) {
    return fail('No route to host');
  }
  if (decision.type !== 'unicast') return refusal(decision);
  return words.includes('fibmatch')
    ? finished(`${formatRoute(decision.route)} \n`)
    : finished(unicastText(question, decision), 0, warning);
}
