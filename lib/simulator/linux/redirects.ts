import { cidrContains } from '../base/cidr.ts';
import { MILLISECOND, SECOND, type Micros } from '../base/clock.ts';
import { parseIp } from '../base/ip.ts';
import type { IcmpMessage, IpPacket } from '../packet/packet.ts';
import { isDestinationTranslated, isSourceTranslated } from './conntrack.ts';
import { sendIcmpError } from './icmp-error.ts';
import { lookUpFib } from './fib.ts';
import { knowsNeighbour } from './neighbours.ts';
import type { NetworkNamespace, Route } from './network.ts';
import type { RedirectedRoute } from './redirected.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { findRoute, isLocalAddress } from './routes.ts';
import type { Stack } from './stack.ts';

/** ip_rt_redirect_load, _number and _silence of net/ipv4/route.c. */
const LOAD = 20 * MILLISECOND;
const MOST_IGNORED = 9;
const SILENCE = LOAD * 2 ** (MOST_IGNORED + 1);
/** ip_rt_gc_timeout: what a router said counts for five minutes. */
const EXPIRES = 300 * SECOND;

/** Files of /proc/sys/net/ipv4/conf/DEVICE. */
export const REDIRECT_SETTINGS = [
  'accept_redirects',
  'secure_redirects',
  'send_redirects',
  'shared_media',
] as const;

type Setting = (typeof REDIRECT_SETTINGS)[number];

export const isRedirectSetting = (name: string): name is Setting =>
  REDIRECT_SETTINGS.some((setting) => setting === name);

/** A setting of all devices or of one. The kernel's are all on, and turning ip_forward on turns off conf.all.accept_redirects. */
export function redirectSetting(
  { sysctls }: Pick<NetworkNamespace, 'sysctls'>,
  device: string,
  name: Setting,
): boolean {
  const set = sysctls[`ipv4.conf.${device}.${name}`];
  if (set !== undefined) return set !== '0';
  const isForwarding = sysctls['ipv4.ip_forward'] === '1';
  return !(device === 'all' && name === 'accept_redirects' && isForwarding);
}

/** IN_DEV_ORCONF. */
const isOn = (namespace: NetworkNamespace, device: string, name: Setting) =>
  redirectSetting(namespace, 'all', name) || redirectSetting(namespace, device, name);

/** IN_DEV_RX_REDIRECTS: a router listens to others when all devices and this one say so, a host when one of the two does. */
function accepts(namespace: NetworkNamespace, device: string): boolean {
  return namespace.sysctls['ipv4.ip_forward'] === '1'
    ? redirectSetting(namespace, 'all', 'accept_redirects') &&
        redirectSetting(namespace, device, 'accept_redirects')
    : isOn(namespace, device, 'accept_redirects');
}

/** inet_addr_onlink: both addresses belong to one network of the device. */
const areTogether = ({ links }: NetworkNamespace, device: string, a: string, b: string) =>
  (links[device]?.addresses ?? []).some(
    ({ address, prefix }) =>
      cidrContains(`${address}/${prefix}`, a) && cidrContains(`${address}/${prefix}`, b),
  );

const hasNat = ({ ruleset, nftables }: NetworkNamespace) =>
  ruleset.tables.nat !== undefined ||
  Object.values(nftables.hooks).some((entries) => entries.some(({ type }) => type === 'nat'));

/**
 * A redirect would make hosts talk past the translation of their connection: nf_nat_icmp_reply_translation drops it, also while
 * it is not decided yet what becomes of the source.
 */
function isTranslated({ namespace }: Stack, { connection }: SocketBuffer): boolean {
  const entry = connection === undefined ? undefined : namespace.conntrack.entries[connection];
  if (!entry) return false;
  if (!entry.isConfirmed) return hasNat(namespace);
  return isSourceTranslated(entry) || isDestinationTranslated(entry);
}

/** Whether a packet that would leave where it came from shows that its sender knows a worse way (__mkroute_input). */
function isDetour({ namespace }: Stack, { packet, inDevice = '' }: SocketBuffer, gateway: string) {
  if (!isOn(namespace, inDevice, 'send_redirects')) return false;
  const back = findRoute(namespace, packet.source);
  if (back?.device !== inDevice || back.via !== undefined) return false;
  return (
    isOn(namespace, inDevice, 'shared_media') ||
    areTogether(namespace, inDevice, packet.source, gateway)
  );
}

/** Whether the sender may be told once more: after 20 ms, 40 ms, 80 ms ..., nine times, and again after 20 s of silence. */
function mayBeTold({ namespace, environment }: Stack, source: string): boolean {
  const { now } = environment.queue;
  const hosts = (namespace.redirectedHosts ??= {});
  const host = (hosts[source] ??= { count: 0, lastAt: now });
  if (now > host.lastAt + SILENCE) host.count = 0;
  const isDue = host.count === 0 || now > host.lastAt + LOAD * 2 ** host.count;
  if (host.count >= MOST_IGNORED) host.lastAt = now;
  if (host.count >= MOST_IGNORED || !isDue) return false;
  host.lastAt = now;
  host.count += 1;
  return true;
}

/**
 * ip_rt_send_redirect: a packet is to leave by the device that it came in on, so its sender could have sent it to the next hop
 * itself, and is told so. The packet goes on all the same. Simplified: IPv6 has none (ndisc_send_redirect).
 */
export function sendRedirect(stack: Stack, skb: SocketBuffer, route: Route): void {
  const { packet, inDevice } = skb;
  if (packet.version !== 4 || inDevice === undefined || route.device !== inDevice) return;
  const gateway = route.via ?? packet.destination;
  if (!isDetour(stack, skb, gateway) || !mayBeTold(stack, packet.source)) return;
  if (!isTranslated(stack, skb)) sendIcmpError(stack, skb, 'redirect', { gateway });
}

/** Whether a host may believe that `gateway` is the better next hop (__ip_do_redirect). */
function isCredible(
  namespace: NetworkNamespace,
  device: string,
  gateway: string,
  router: string,
): boolean {
  if (gateway === router || !accepts(namespace, device)) return false;
  const first = Number(gateway.split('.', 1)[0]);
  if (parseIp(gateway)?.version !== 4 || first === 0 || first >= 224) return false;
  return isOn(namespace, device, 'shared_media')
    ? !isLocalAddress(namespace, gateway) && lookUpFib(namespace, gateway).type === 'unicast'
    : areTogether(namespace, device, gateway, router);
}

/**
 * __ip_do_redirect: the gateway in use says that another one is better. The first time its MAC is asked for; once that is
 * known, the next redirect makes an exception of the route.
 */
export function followRedirect(stack: Stack, message: IcmpMessage, carrier: IpPacket): void {
  const { namespace, environment } = stack;
  const { gateway, original } = message;
  if (gateway === undefined || !original) return;
  const { destination } = original;
  const { now } = environment.queue;
  const route = findRoute(namespace, destination, { source: original.source });
  const link = namespace.links[route?.device ?? ''];
  if (!route || !link) return;
  const current = redirectedGateway(namespace, route, destination, now) ?? route.via;
  if (current !== carrier.source) return;
  if (!isCredible(namespace, link.name, gateway, carrier.source)) return;
  if (!knowsNeighbour(stack, link, gateway)) return;
  (namespace.redirectedRoutes ??= {})[destination] = {
    gateway,
    instead: route.via ?? destination,
    device: route.device,
    expiresAt: now + EXPIRES,
  };
}

/** What a router said of the way to `destination`, while routing names the same way as then (find_exception). */
export function redirectOf(
  { redirectedRoutes }: NetworkNamespace,
  route: Route,
  destination: string,
  now: Micros,
): RedirectedRoute | undefined {
  const known = redirectedRoutes?.[destination];
  if (!known || known.expiresAt <= now || known.device !== route.device) return undefined;
  return known.instead === (route.via ?? destination) ? known : undefined;
}

/** The next hop that a router named instead of the route's. */
export const redirectedGateway = (
  namespace: NetworkNamespace,
  route: Route,
  destination: string,
  now: Micros,
): string | undefined =>
  namespace.redirectedRoutes && redirectOf(namespace, route, destination, now)?.gateway;
