import { cidrContains } from '../../../base/cidr.ts';
import { nextUint32 } from '../../../base/random.ts';
import { isDestinationTranslated, isSourceTranslated } from '../../conntrack.ts';
import type {
  NftBitwise,
  NftCt,
  NftExpression,
  NftFib,
  NftMapping,
  NftMetaKey,
  NftNumgen,
} from './expression.ts';
import { typesOf } from './expression-type.ts';
import { evaluatePayload, protocolOf } from './evaluate-payload.ts';
import { findElement } from './elements.ts';
import type { NftComparison } from './subject.ts';
import { SYMBOLS } from './symbols.ts';
import { JOINT, keyMatches, numberOf } from './value.ts';

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

function evaluateMeta(key: NftMetaKey, { skb }: NftComparison): string | undefined {
  const { packet } = skb;
  switch (key) {
    case 'l4proto':
      return protocolOf(packet.transport);
    case 'nfproto':
      return packet.version === 4 ? 'ipv4' : 'ipv6';
    case 'mark':
      return hex(skb.mark);
    case 'iif':
    case 'iifname':
      return skb.inDevice ?? '';
    case 'oif':
    case 'oifname':
      return skb.outDevice ?? '';
    case 'skuid':
    case 'skgid':
      return skb.uid === undefined ? undefined : String(skb.uid);
    case 'length':
      return String(packet.length);
    case 'pkttype':
      return addressType(packet.destination, () => false) === 'unicast'
        ? 'host'
        : addressType(packet.destination, () => false);
  }
}

const STATUS = SYMBOLS.ct_status ?? {};

/** The IPS_ bits of a connection that rules can ask for. */
function statusBits({ connection }: NftComparison): number {
  if (!connection) return 0;
  const names = [
    connection.isReplied && 'seen-reply',
    connection.isAssured && 'assured',
    connection.isConfirmed && 'confirmed',
    isSourceTranslated(connection) && 'snat',
    isDestinationTranslated(connection) && 'dnat',
  ];
  return names.reduce((bits, name) => bits | (name === false ? 0 : (STATUS[name] ?? 0)), 0);
}

function ctTuple({ key, direction }: NftCt, comparison: NftComparison): string | undefined {
  const { connection, skb } = comparison;
  if (!connection) return undefined;
  const which = direction ?? skb.connectionDirection ?? 'original';
  const { source, destination, protocol } = connection[which];
  const isV6 = source.address.includes(':');
  switch (key) {
    case 'ip saddr':
      return isV6 ? undefined : source.address;
    case 'ip daddr':
      return isV6 ? undefined : destination.address;
    case 'ip6 saddr':
      return isV6 ? source.address : undefined;
    case 'ip6 daddr':
      return isV6 ? destination.address : undefined;
    case 'proto-src':
      return String(source.port);
    case 'proto-dst':
      return String(destination.port);
    case 'l4proto':
      return protocol === 'icmpv6' ? 'ipv6-icmp' : protocol;
    case 'state':
    case 'status':
    case 'mark':
    case 'direction':
      return undefined;
  }
}

function evaluateCt(expression: NftCt, comparison: NftComparison): string | undefined {
  const { skb, connection } = comparison;
  switch (expression.key) {
    case 'state':
      return (skb.connectionState ?? 'INVALID').toLowerCase();
    case 'status':
      return connection && String(statusBits(comparison));
    case 'mark':
      return connection && hex(connection.mark);
    case 'direction':
      return connection && skb.connectionDirection;
    case 'ip saddr':
    case 'ip daddr':
    case 'ip6 saddr':
    case 'ip6 daddr':
    case 'proto-src':
    case 'proto-dst':
    case 'l4proto':
      return ctTuple(expression, comparison);
  }
}

/** What routing makes of an address; Simplified: directed broadcast addresses count as unicast. */
function addressType(address: string, isLocal: (address: string) => boolean): string {
  if (isLocal(address)) return 'local';
  if (address === '255.255.255.255') return 'broadcast';
  if (cidrContains('224.0.0.0/4', address) || cidrContains('ff00::/8', address)) return 'multicast';
  return 'unicast';
}

function evaluateFib({ keys, result }: NftFib, comparison: NftComparison): string | undefined {
  const { skb, isLocalAddress, routeDevice } = comparison;
  const address = keys.includes('saddr') ? skb.packet.source : skb.packet.destination;
  if (result === 'type') return addressType(address, isLocalAddress);
  const device = isLocalAddress(address) ? 'lo' : routeDevice(address);
  const wanted = keys.includes('iif')
    ? skb.inDevice
    : keys.includes('oif')
      ? skb.outDevice
      : device;
  const found = device !== undefined && device === wanted ? device : undefined;
  if (result === 'oifname') return found ?? '';
  return found === undefined ? 'missing' : 'exists';
}

function evaluateNumgen(expression: NftNumgen, comparison: NftComparison): string {
  const { mode, mod, offset = 0 } = expression;
  const { rule, skb, namespace, random, drawLot } = comparison;
  if (mode === 'inc') {
    // Without a look at the kernel's counter, which is one per rule and begins at 0 (nft_ng_inc).
    const number = rule.nextNumber ?? 0;
    rule.nextNumber = (number + 1) % mod;
    return String(number + offset);
  }
  const given = drawLot?.({ namespace, packet: skb.packet, rule, sides: mod });
  // reciprocal_scale: the high part of a 32-bit random number times mod.
  const number = given ?? Math.floor((nextUint32(random) * mod) / 0x1_0000_0000);
  return String(number + offset);
}

function evaluateBitwise(
  { operation, left, right }: NftBitwise,
  comparison: NftComparison,
): string | undefined {
  const value = evaluateExpression(left, comparison);
  if (value === undefined) return undefined;
  const [type = 'integer'] = typesOf(left);
  const number = Number(numberOf(type, value));
  const result =
    operation === 'and' ? number & right : operation === 'or' ? number | right : number ^ right;
  return type === 'mark' ? hex(result) : String(result >>> 0);
}

/** The element of a map that stands in a rule. Numbers from 0 upwards are found without a search. */
export function findAnonymous<E extends { readonly key: string }>(
  elements: readonly E[],
  expression: NftExpression,
  key: string,
): E | undefined {
  const direct = elements[Number(key)];
  if (direct?.key === key) return direct;
  const types = typesOf(expression);
  return elements.find((element) => keyMatches(types, element.key, key));
}

function evaluateMap(
  key: NftExpression,
  map: NftMapping,
  comparison: NftComparison,
): string | undefined {
  const value = evaluateExpression(key, comparison);
  if (value === undefined) return undefined;
  if (map.map === 'anonymous') {
    const found = findAnonymous(map.elements, key, value);
    if (found) comparison.lookup = { map: '', key: value, element: found.data };
    return found?.data;
  }
  const set = comparison.table.sets[map.name];
  const element = set && findElement(set, value, comparison.now);
  if (element) {
    comparison.lookup = {
      map: `@${map.name}`,
      key: element.key,
      element: element.data ?? '',
      ...(element.because && { because: element.because }),
    };
  }
  return element?.data;
}

/** What an expression is for this packet, as a value (`value.ts`); undefined ends the rule, as NFT_BREAK does. */
export function evaluateExpression(
  expression: NftExpression,
  comparison: NftComparison,
): string | undefined {
  switch (expression.expression) {
    case 'payload':
      return evaluatePayload(expression, comparison.skb);
    case 'meta':
      return evaluateMeta(expression.key, comparison);
    case 'ct':
      return evaluateCt(expression, comparison);
    case 'fib':
      return evaluateFib(expression, comparison);
    case 'numgen':
      return evaluateNumgen(expression, comparison);
    case 'concat': {
      const parts = expression.parts.map((part) => evaluateExpression(part, comparison));
      return parts.includes(undefined) ? undefined : parts.join(JOINT);
    }
    case 'bitwise':
      return evaluateBitwise(expression, comparison);
    case 'value':
      return expression.value;
    case 'map':
      return evaluateMap(expression.key, expression.map, comparison);
  }
}
