import type { IpPacket } from '../../../packet/packet.ts';
import type { NatRange } from '../../nat.ts';
import type { NatTarget } from '../evaluate.ts';

/** What the machine must tell for MASQUERADE and REDIRECT. */
export interface NatMachine {
  /** Address of the device that the packet came in on; 127.0.0.1 for packets made here. */
  redirectAddress(): string;
  masqueradeAddress(packet: IpPacket): string | undefined;
}

/** `10.0.0.1:80`, `10.0.0.1:1024-2047`, `10.0.0.1`; IPv6 in brackets when ports follow. */
export function parseNatTo(text: string): NatRange | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)|(.*:.*:.*))(?::(\d+)(?:-(\d+))?)?$/.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? parts?.[3];
  if (!parts || !address) return undefined;
  const first = parts[4];
  if (first === undefined) return { address };
  return { address, ports: [Number(first), Number(parts[5] ?? first)] };
}

/** The range that a target asks for; undefined when the machine has no address to give, and the packet is dropped. */
export function natRangeOf(
  target: NatTarget,
  packet: IpPacket,
  machine: NatMachine,
): NatRange | undefined {
  switch (target.target) {
    case 'DNAT':
      return parseNatTo(target.to);
    case 'SNAT': {
      const range = parseNatTo(target.to);
      return range && { ...range, ...(target.randomFully && { randomFully: true }) };
    }
    case 'MASQUERADE': {
      const address = machine.masqueradeAddress(packet);
      if (address === undefined) return undefined;
      // Simplified: --random is as --random-fully; the kernel hashes the addresses for it.
      const isRandom = target.random === true || target.randomFully === true;
      return {
        address,
        ...(target.ports && { ports: target.ports }),
        ...(isRandom && { randomFully: true }),
      };
    }
    case 'REDIRECT':
      return {
        address: machine.redirectAddress(),
        ...(target.port !== undefined && {
          ports: [target.port, target.lastPort ?? target.port] as const,
        }),
      };
  }
}
