import { cidrContains } from '../../../base/cidr.ts';
import { BROADCAST_MAC } from '../../../base/mac.ts';
import { frameLength, type Frame } from '../../../packet/packet.ts';
import { compareNumbers } from '../compare-numbers.ts';
import type { Arithmetic, Filter, FilterProtocol, Side } from './filter.ts';
import { headerBytes } from './header-bytes.ts';

function isProtocol({ payload }: Frame, protocol: FilterProtocol): boolean {
  if (payload.type === 'arp') return protocol === 'arp';
  const { version, transport } = payload.packet;
  switch (protocol) {
    case 'ip':
      return version === 4;
    case 'ip6':
      return version === 6;
    case 'arp':
      return false;
    case 'tcp':
    case 'udp':
    case 'sctp':
    case 'icmp':
      return transport.protocol === protocol;
    case 'icmp6':
      return transport.protocol === 'icmpv6';
  }
}

/** Combines what holds for source and destination. */
function onSide<T>(side: Side, source: T, destination: T, holds: (value: T) => boolean): boolean {
  switch (side) {
    case 'src':
      return holds(source);
    case 'dst':
      return holds(destination);
    case 'either':
      return holds(source) || holds(destination);
    case 'both':
      return holds(source) && holds(destination);
  }
}

function matchesNetwork(frame: Frame, side: Side, prefix: string): boolean {
  const { payload } = frame;
  const [source, destination] =
    payload.type === 'arp'
      ? [payload.arp.senderIp, payload.arp.targetIp]
      : [payload.packet.source, payload.packet.destination];
  return onSide(side, source, destination, (address) => cidrContains(prefix, address));
}

/** Ports of a packet that has them: a later piece of a packet has none (`ip[6:2] & 0x1fff = 0`). */
function matchesPorts(frame: Frame, filter: Extract<Filter, { type: 'ports' }>): boolean {
  if (frame.payload.type === 'arp') return false;
  const { transport, fragment } = frame.payload.packet;
  if (!('sourcePort' in transport)) return false;
  if ((fragment?.offset ?? 0) > 0) return false;
  const { first, last, side } = filter;
  return onSide(
    side,
    transport.sourcePort,
    transport.destinationPort,
    (port) => port >= first && port <= last,
  );
}

/** The value, or undefined where the frame has no such header: then the whole comparison fails. */
function valueOf(frame: Frame, expression: Arithmetic): number | undefined {
  switch (expression.type) {
    case 'number':
      return expression.value;
    case 'length':
      return frameLength(frame);
    case 'bytes': {
      const offset = valueOf(frame, expression.offset);
      const bytes = headerBytes(frame, expression.protocol);
      if (offset === undefined || !bytes || offset + expression.size > bytes.length)
        return undefined;
      return bytes
        .slice(offset, offset + expression.size)
        .reduce((value, byte) => value * 256 + byte, 0);
    }
    case 'operation': {
      const left = valueOf(frame, expression.left);
      const right = valueOf(frame, expression.right);
      return left === undefined || right === undefined
        ? undefined
        : calculate(expression.operator, left, right);
    }
  }
}

function calculate(
  operator: Extract<Arithmetic, { type: 'operation' }>['operator'],
  left: number,
  right: number,
): number | undefined {
  switch (operator) {
    case '+':
      return (left + right) >>> 0;
    case '-':
      return (left - right) >>> 0;
    case '*':
      return Math.imul(left, right) >>> 0;
    case '/':
      return right === 0 ? undefined : Math.floor(left / right);
    case '%':
      return right === 0 ? undefined : left % right;
    case '&':
      return (left & right) >>> 0;
    case '|':
      return (left | right) >>> 0;
    case '^':
      return (left ^ right) >>> 0;
    case '<<':
      return (left << right) >>> 0;
    case '>>':
      return left >>> right;
  }
}

/** Whether a frame passes a filter (the BPF program that libpcap would make of it). */
export function matchesFilter(frame: Frame, filter: Filter): boolean {
  switch (filter.type) {
    case 'all':
      return true;
    case 'and':
      return matchesFilter(frame, filter.left) && matchesFilter(frame, filter.right);
    case 'or':
      return matchesFilter(frame, filter.left) || matchesFilter(frame, filter.right);
    case 'not':
      return !matchesFilter(frame, filter.inner);
    case 'protocol':
      return isProtocol(frame, filter.protocol);
    case 'network':
      return (
        (filter.within === undefined || isProtocol(frame, filter.within)) &&
        matchesNetwork(frame, filter.side, filter.prefix)
      );
    case 'ports':
      return (
        (filter.within === undefined || isProtocol(frame, filter.within)) &&
        matchesPorts(frame, filter)
      );
    case 'mac':
      return onSide(filter.side, frame.source, frame.destination, (mac) => mac === filter.mac);
    case 'group':
      return filter.cast === 'broadcast'
        ? frame.destination === BROADCAST_MAC
        : (Number.parseInt(frame.destination.slice(0, 2), 16) & 1) === 1;
    case 'length':
      return filter.comparison === '<='
        ? frameLength(frame) <= filter.bytes
        : frameLength(frame) >= filter.bytes;
    case 'comparison': {
      const left = valueOf(frame, filter.left);
      const right = valueOf(frame, filter.right);
      return (
        left !== undefined && right !== undefined && compareNumbers(filter.comparison, left, right)
      );
    }
  }
}
