import type { IcmpMessage } from './packet.ts';

export interface IcmpNumbers {
  readonly type: number;
  readonly code: number;
}

function icmp4Numbers(type: IcmpMessage['type']): IcmpNumbers {
  switch (type) {
    case 'echo-reply':
      return { type: 0, code: 0 };
    case 'net-unreachable':
      return { type: 3, code: 0 };
    case 'host-unreachable':
      return { type: 3, code: 1 };
    case 'protocol-unreachable':
      return { type: 3, code: 2 };
    case 'port-unreachable':
      return { type: 3, code: 3 };
    case 'fragmentation-needed':
      return { type: 3, code: 4 };
    case 'admin-prohibited':
      return { type: 3, code: 13 };
    case 'redirect':
      return { type: 5, code: 1 };
    case 'echo-request':
      return { type: 8, code: 0 };
    case 'ttl-exceeded':
      return { type: 11, code: 0 };
    case 'neighbour-solicitation':
    case 'neighbour-advertisement':
      // IPv4 asks by ARP.
      return { type: 255, code: 0 };
  }
}

function icmp6Numbers(type: IcmpMessage['type']): IcmpNumbers {
  switch (type) {
    case 'net-unreachable':
      return { type: 1, code: 0 };
    case 'admin-prohibited':
      return { type: 1, code: 1 };
    case 'host-unreachable':
      return { type: 1, code: 3 };
    case 'port-unreachable':
      return { type: 1, code: 4 };
    case 'fragmentation-needed':
      return { type: 2, code: 0 };
    case 'ttl-exceeded':
      return { type: 3, code: 0 };
    case 'protocol-unreachable':
      return { type: 4, code: 1 };
    case 'echo-request':
      return { type: 128, code: 0 };
    case 'echo-reply':
      return { type: 129, code: 0 };
    case 'neighbour-solicitation':
      return { type: 135, code: 0 };
    case 'neighbour-advertisement':
      return { type: 136, code: 0 };
    case 'redirect':
      return { type: 137, code: 0 };
  }
}

/**
 * Type and code on the wire. Messages are named by what they say, the same in both families; the numbers differ: RFC 792
 * and RFC 1812 for IPv4, RFC 4443 and RFC 4861 for IPv6.
 */
export const icmpNumbers = ({ protocol, type }: Pick<IcmpMessage, 'protocol' | 'type'>) =>
  protocol === 'icmp' ? icmp4Numbers(type) : icmp6Numbers(type);
