import { flowOf, type IcmpMessage, type IpPacket } from '../../../packet/packet.ts';
import { protocolNumber } from './header-bytes.ts';
import type { PrintContext } from './print-context.ts';

/** `10.0.0.2 udp port 53`: where the packet that an error is about was going. */
function portOf(original: IpPacket, context: PrintContext): string {
  const host = context.hostName(original.destination);
  const { protocol, destination } = flowOf(original);
  return protocol === 'tcp' || protocol === 'udp'
    ? `${host} ${protocol} port ${context.portName(destination.port, protocol)}`
    : `${host} protocol ${protocolNumber(original)} port 0`;
}

function echoText(name: string, { identifier, sequence }: IcmpMessage): string {
  return `${name}, id ${identifier ?? 0}, seq ${sequence ?? 0}`;
}

/** print-icmp.c. */
function icmp4Text(message: IcmpMessage, context: PrintContext): string {
  const { original } = message;
  const host = original ? context.hostName(original.destination) : '?';
  switch (message.type) {
    case 'echo-request':
      return echoText('echo request', message);
    case 'echo-reply':
      return echoText('echo reply', message);
    case 'net-unreachable':
      return `net ${host} unreachable`;
    case 'host-unreachable':
      return `host ${host} unreachable`;
    case 'protocol-unreachable':
      return `${host} protocol ${original ? protocolNumber(original) : 0} unreachable`;
    case 'port-unreachable':
      return `${original ? portOf(original, context) : host} unreachable`;
    case 'admin-prohibited':
      return `host ${host} unreachable - admin prohibited filter`;
    case 'fragmentation-needed':
      return `${host} unreachable - need to frag (mtu ${message.mtu ?? 0})`;
    case 'ttl-exceeded':
      return 'time exceeded in-transit';
    case 'redirect':
      return `redirect ${host} to host ${context.hostName(message.gateway ?? '')}`;
    case 'neighbour-solicitation':
    case 'neighbour-advertisement':
      return 'type-#255';
  }
}

/** print-icmp6.c. What follows the length with -v: the options of neighbour discovery. */
function icmp6Text(message: IcmpMessage, context: PrintContext): string {
  const { original, neighbour } = message;
  const host = original ? context.hostName(original.destination) : '?';
  switch (message.type) {
    case 'echo-request':
      return echoText('echo request', message);
    case 'echo-reply':
      return echoText('echo reply', message);
    case 'net-unreachable':
      return `destination unreachable, unreachable route ${host}`;
    case 'admin-prohibited':
      return `destination unreachable, unreachable prohibited ${host}`;
    case 'host-unreachable':
      return `destination unreachable, unreachable address ${host}`;
    case 'port-unreachable':
      return `destination unreachable, unreachable port, ${original ? portOf(original, context) : host}`;
    case 'protocol-unreachable':
      return 'parameter problem, next header - octet 6';
    case 'fragmentation-needed':
      return `packet too big, mtu ${message.mtu ?? 0}`;
    case 'ttl-exceeded':
      return `time exceeded in-transit for ${host}`;
    case 'redirect':
      return `redirect, ${host} to ${context.hostName(message.gateway ?? '')}`;
    case 'neighbour-solicitation':
      return `neighbor solicitation, who has ${neighbour?.target ?? ''}`;
    case 'neighbour-advertisement':
      return `neighbor advertisement, tgt is ${neighbour?.target ?? ''}`;
  }
}

/** The message behind `source > destination: `. `length`: bytes of the IP payload. */
export function icmpText(message: IcmpMessage, length: number, context: PrintContext): string {
  return message.protocol === 'icmp'
    ? `ICMP ${icmp4Text(message, context)}, length ${length}`
    : `ICMP6, ${icmp6Text(message, context)}, length ${length}`;
}
