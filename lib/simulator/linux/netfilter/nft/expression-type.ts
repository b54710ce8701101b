import type { NftExpression, NftPayload } from './expression.ts';
import type { NftValueType } from './model.ts';

function payloadType(payload: NftPayload): NftValueType {
  switch (payload.protocol) {
    case 'ip':
      return payload.field === 'saddr' || payload.field === 'daddr'
        ? 'ipv4_addr'
        : payload.field === 'protocol'
          ? 'inet_proto'
          : 'integer';
    case 'ip6':
      return payload.field === 'saddr' || payload.field === 'daddr'
        ? 'ipv6_addr'
        : payload.field === 'nexthdr'
          ? 'inet_proto'
          : 'integer';
    case 'tcp':
      return payload.field === 'flags' ? 'tcp_flag' : 'inet_service';
    case 'udp':
    case 'sctp':
    case 'th':
      return 'inet_service';
    case 'icmp':
      return payload.field === 'type' ? 'icmp_type' : 'icmp_code';
    case 'icmpv6':
      return payload.field === 'type' ? 'icmpv6_type' : 'icmpv6_code';
    case 'ether':
      return 'ether_addr';
  }
}

const META = {
  l4proto: 'inet_proto',
  nfproto: 'nf_proto',
  mark: 'mark',
  iif: 'ifname',
  oif: 'ifname',
  iifname: 'ifname',
  oifname: 'ifname',
  skuid: 'integer',
  skgid: 'integer',
  length: 'integer',
  pkttype: 'pkt_type',
} as const;

const CT = {
  state: 'ct_state',
  status: 'ct_status',
  mark: 'mark',
  direction: 'ct_dir',
  'ip saddr': 'ipv4_addr',
  'ip daddr': 'ipv4_addr',
  'ip6 saddr': 'ipv6_addr',
  'ip6 daddr': 'ipv6_addr',
  'proto-src': 'inet_service',
  'proto-dst': 'inet_service',
  l4proto: 'inet_proto',
} as const;

const FIB = { type: 'fib_addrtype', oif: 'boolean', oifname: 'ifname' } as const;

function findTypes(expression: NftExpression): readonly NftValueType[] {
  switch (expression.expression) {
    case 'payload':
      return [payloadType(expression)];
    case 'meta':
      return [META[expression.key]];
    case 'ct':
      return [CT[expression.key]];
    case 'fib':
      return [FIB[expression.result]];
    case 'numgen':
    case 'value':
    case 'map':
      return ['integer'];
    case 'concat':
      return expression.parts.flatMap(typesOf);
    case 'bitwise':
      return typesOf(expression.left);
  }
}

const known = new WeakMap<NftExpression, readonly NftValueType[]>();

/**
 * The types of an expression's parts, one for each that a concatenation has. Constants take the type of the other side.
 * Expressions never change: the types of each are worked out once, as every packet asks for them.
 */
export function typesOf(expression: NftExpression): readonly NftValueType[] {
  const types = known.get(expression) ?? findTypes(expression);
  known.set(expression, types);
  return types;
}
