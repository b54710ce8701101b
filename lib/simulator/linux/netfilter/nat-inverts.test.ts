import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IpPacket } from '../../packet/packet.ts';
import { NetfilterNode, tcp, udp } from '../../testing/netfilter-node.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const flow = fc.record({
  make: fc.constantFrom(tcp, udp),
  client: fc.tuple(fc.constantFrom('10.244.1.5', '10.244.1.6', '192.168.10.200'), port),
  server: fc.tuple(fc.constantFrom('10.96.0.7', '10.244.2.9', '8.8.8.8'), fc.constantFrom(80, 53)),
});

const RULES: readonly (readonly [name: string, iptables: string, nft: string])[] = [
  [
    'iptables',
    '*nat\n-A PREROUTING -d 10.96.0.7/32 -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.2.9:80\n-A PREROUTING -d 10.96.0.7/32 -j DNAT --to-destination 10.244.2.10\n-A POSTROUTING -d 8.8.8.8/32 -j MASQUERADE\n-A POSTROUTING -s 192.168.10.200/32 -j MASQUERADE --random-fully\nCOMMIT\n',
    '',
  ],
  [
    'nftables',
    '',
    `add table ip t
     add chain ip t pre { type nat hook prerouting priority dstnat ; }
     add chain ip t post { type nat hook postrouting priority srcnat ; }
     add rule ip t pre ip daddr 10.96.0.7 dnat to numgen random mod 2 map { 0 : 10.244.2.9, 1 : 10.244.2.10 }
     add rule ip t post ip daddr 8.8.8.8 masquerade
     add rule ip t post ip saddr 192.168.10.200 masquerade fully-random`,
  ],
];

function answerTo(packet: IpPacket): IpPacket {
  const { transport } = packet;
  if (!('sourcePort' in transport)) return packet;
  const ports = { sourcePort: transport.destinationPort, destinationPort: transport.sourcePort };
  const answer =
    transport.protocol === 'tcp'
      ? { ...transport, ...ports, flags: { syn: true, ack: true } as const }
      : { ...transport, ...ports };
  return { ...packet, source: packet.destination, destination: packet.source, transport: answer };
}

const endsOf = ({ source, destination, transport }: IpPacket) =>
  'sourcePort' in transport
    ? [source, transport.sourcePort, destination, transport.destinationPort]
    : [];

test.each(RULES)(
  'with %s the answer to every packet that leaves comes home as if the one addressed had sent it',
  (_name, iptables, nft) => {
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 30 }), (flows) => {
        const node = new NetfilterNode(iptables).loadNft(nft);
        const left: { sent: IpPacket; out: IpPacket }[] = [];
        for (const { make, client, server } of flows) {
          const sent = make(client.join(':'), server.join(':'));
          const passed = node.send(sent);
          if (passed.verdict.verdict === 'accept') left.push({ sent, out: passed.packet });
        }
        expect(left.length).toBeGreaterThan(0);
        for (const { sent, out } of left) {
          const home = node.send(answerTo(out)).packet;
          expect(endsOf(home)).toEqual(endsOf(answerTo(sent)));
        }
      }),
      { numRuns: 100 },
    );
  },
);
