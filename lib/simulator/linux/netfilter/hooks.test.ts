import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import type { IpPacket, TcpFlags } from '../../packet/packet.ts';
import { ends, icmp, NetfilterNode, NODE, tcp, udp } from '../../testing/netfilter-node.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import { attachAnswer } from './attach-answer.ts';
import { restoreIptables } from './parse/parse-iptables.ts';

const CLIENT = '10.244.1.5';
const SERVICE = '10.96.0.7';
const BACKEND = '10.244.2.9';

const table = (name: string, ...rules: string[]) =>
  `*${name}\n${rules.map((rule) => `${rule}\n`).join('')}COMMIT\n`;
const DNAT = `-A PREROUTING -d ${SERVICE}/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${BACKEND}:8080`;
const MASQUERADE = '-A POSTROUTING -j MASQUERADE';

test('a reply to a packet with a translated destination seems to come from the address that was asked', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  expect(ends(node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`)).packet)).toBe(
    `${CLIENT}:4000 > ${BACKEND}:8080`,
  );
  const reply = node.send(tcp(`${BACKEND}:8080`, `${CLIENT}:4000`, { syn: true, ack: true }));
  expect(ends(reply.packet)).toBe(`${SERVICE}:80 > ${CLIENT}:4000`);
  expect(reply.skb.connectionState).toBe('ESTABLISHED');
});

test('a reply to a masqueraded packet returns to the client', () => {
  const node = new NetfilterNode(table('nat', DNAT, MASQUERADE));
  expect(ends(node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`)).packet)).toBe(
    `${NODE}:4000 > ${BACKEND}:8080`,
  );
  expect(
    ends(node.send(tcp(`${BACKEND}:8080`, `${NODE}:4000`, { syn: true, ack: true })).packet),
  ).toBe(`${SERVICE}:80 > ${CLIENT}:4000`);
});

test('masquerading two clients that use one port gives the second another port', () => {
  const node = new NetfilterNode(table('nat', MASQUERADE));
  expect(ends(node.send(udp('10.244.1.5:4000', '8.8.8.8:53')).packet)).toBe(
    `${NODE}:4000 > 8.8.8.8:53`,
  );
  const second = ends(node.send(udp('10.244.1.6:4000', '8.8.8.8:53')).packet);
  expect(second).toMatch(/^192\.168\.10\.11:\d+ > 8\.8\.8\.8:53$/);
  expect(second).not.toContain(':4000 ');
  const port = /:(\d+) >/.exec(second)?.[1];
  expect(Number(port)).toBeGreaterThanOrEqual(1024);
  expect(ends(node.send(udp('8.8.8.8:53', `${NODE}:${port}`)).packet)).toBe(
    '8.8.8.8:53 > 10.244.1.6:4000',
  );
});

test('two connections that would look alike after translation are told apart by the source port, without any rule for it', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`));
  const direct = ends(node.send(tcp(`${CLIENT}:4000`, `${BACKEND}:8080`)).packet);
  expect(direct).not.toBe(`${CLIENT}:4000 > ${BACKEND}:8080`);
  expect(direct).toMatch(/^10\.244\.1\.5:\d+ > 10\.244\.2\.9:8080$/);
});

test('random-fully masquerading does not keep the port', () => {
  const node = new NetfilterNode(table('nat', '-A POSTROUTING -j MASQUERADE --random-fully'));
  const ports = [1, 2, 3].map((last) =>
    ends(node.send(udp(`10.244.1.${last}:5000`, '8.8.8.8:53')).packet),
  );
  expect(ports.filter((text) => text.includes(':5000 '))).toEqual([]);
});

test('the nat table is asked for the first packet of a connection only', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`));
  node.send(tcp(`${BACKEND}:8080`, `${CLIENT}:4000`, { syn: true, ack: true }));
  const emptied = restoreIptables(node.namespace.ruleset, '*nat\nCOMMIT\n');
  if (!emptied.ok) expect.fail();
  Object.assign(node.namespace.ruleset.tables, emptied.ruleset.tables);
  expect(ends(node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`, { ack: true })).packet)).toBe(
    `${CLIENT}:4000 > ${BACKEND}:8080`,
  );
  expect(ends(node.send(tcp(`${CLIENT}:4001`, `${SERVICE}:80`)).packet)).toBe(
    `${CLIENT}:4001 > ${SERVICE}:80`,
  );
});

test('an ICMP error about a translated packet is translated back, quote and sender', () => {
  const node = new NetfilterNode(table('nat', DNAT, MASQUERADE));
  const sent = node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`)).packet;
  const error = node.send(icmp('192.168.10.12', NODE, 'host-unreachable', { original: sent }));
  expect(error.skb.connectionState).toBe('RELATED');
  expect(error.packet.destination).toBe(CLIENT);
  expect(error.packet.source).toBe(SERVICE);
  const { transport } = error.packet;
  expect('original' in transport && transport.original && ends(transport.original)).toBe(
    `${CLIENT}:4000 > ${SERVICE}:80`,
  );
});

test('an ICMP error about nothing that we know is invalid', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  const error = node.send(
    icmp('192.168.10.12', CLIENT, 'host-unreachable', {
      original: tcp(`${CLIENT}:1`, `${BACKEND}:2`),
    }),
  );
  expect(error.skb.connectionState).toBe('INVALID');
});

test('echo requests of one identifier in both directions are two connections', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  node.send(icmp(CLIENT, BACKEND, 'echo-request', { identifier: 7 }));
  const other = node.send(icmp(BACKEND, CLIENT, 'echo-request', { identifier: 7 }));
  expect(other.skb.connectionState).toBe('NEW');
  expect(
    node.send(icmp(BACKEND, CLIENT, 'echo-reply', { identifier: 7 })).skb.connectionState,
  ).toBe('ESTABLISHED');
  expect(node.connections()).toHaveLength(2);
});

test('a masqueraded ping keeps its identifier while it is free, and finds its way back', () => {
  const node = new NetfilterNode(table('nat', MASQUERADE));
  expect(
    ends(node.send(icmp('10.244.1.5', '8.8.8.8', 'echo-request', { identifier: 7 })).packet),
  ).toBe(`${NODE} > 8.8.8.8 id 7`);
  const second = node.send(icmp('10.244.1.6', '8.8.8.8', 'echo-request', { identifier: 7 })).packet;
  const { transport } = second;
  const identifier = 'identifier' in transport ? transport.identifier : undefined;
  expect(identifier).not.toBe(7);
  const back = node.send(
    icmp('8.8.8.8', NODE, 'echo-reply', { identifier: identifier ?? 0 }),
  ).packet;
  expect(ends(back)).toBe('8.8.8.8 > 10.244.1.6 id 7');
});

test.each([
  ['the answer to a SYN', { syn: true, ack: true }],
  ['a reset', { rst: true }],
  ['a FIN', { fin: true, ack: true }],
] as const)('%s without a connection is invalid', (_name, flags) => {
  const node = new NetfilterNode(
    table('filter', '-A FORWARD -m conntrack --ctstate INVALID -j DROP'),
  );
  expect(node.send(tcp(`${CLIENT}:1`, `${BACKEND}:2`, flags)).verdict).toEqual({ verdict: 'drop' });
});

test('an ACK in the middle picks a connection up', () => {
  const node = new NetfilterNode(
    table('filter', '-A FORWARD -m conntrack --ctstate INVALID -j DROP'),
  );
  const middle = node.send(tcp(`${CLIENT}:1`, `${BACKEND}:2`, { ack: true }));
  expect(middle.verdict).toEqual({ verdict: 'accept' });
  expect(middle.skb.connectionState).toBe('NEW');
});

test('a TCP connection goes through its states and is listed as conntrack lists it', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  const out = (flags: TcpFlags) => node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`, flags));
  const back = (flags: TcpFlags) => node.send(tcp(`${BACKEND}:8080`, `${CLIENT}:4000`, flags));
  const tuples = (mark: string) =>
    `src=${CLIENT} dst=${SERVICE} sport=4000 dport=80 ${mark}src=${BACKEND} dst=${CLIENT} sport=8080 dport=4000`;
  out({ syn: true });
  expect(node.connections()).toEqual([
    `tcp      6 120 SYN_SENT ${tuples('[UNREPLIED] ')} mark=0 use=1`,
  ]);
  back({ syn: true, ack: true });
  expect(node.connections()).toEqual([`tcp      6 60 SYN_RECV ${tuples('')} mark=0 use=1`]);
  out({ ack: true });
  node.now += SECOND;
  expect(node.connections()).toEqual([
    `tcp      6 431999 ESTABLISHED ${tuples('')} [ASSURED] mark=0 use=1`,
  ]);
  out({ fin: true, ack: true });
  expect(node.connections()[0]).toContain(' 120 FIN_WAIT ');
  back({ ack: true });
  expect(node.connections()[0]).toContain(' 60 CLOSE_WAIT ');
  back({ fin: true, ack: true });
  expect(node.connections()[0]).toContain(' 30 LAST_ACK ');
  out({ ack: true });
  expect(node.connections()[0]).toContain(' 120 TIME_WAIT ');
  expect(out({ syn: true }).skb.connectionState).toBe('NEW');
  node.now += 121 * SECOND;
  expect(node.connections()).toEqual([]);
});

test('a refused connection is forgotten, and its reset is translated all the same', () => {
  const node = new NetfilterNode(table('nat', DNAT));
  node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`));
  const reset = node.send(tcp(`${BACKEND}:8080`, `${CLIENT}:4000`, { rst: true, ack: true }));
  expect(ends(reset.packet)).toBe(`${SERVICE}:80 > ${CLIENT}:4000`);
  expect(node.connections()).toEqual([]);
});

test('UDP becomes a stream after two seconds of both directions', () => {
  const node = new NetfilterNode(table('nat', MASQUERADE));
  const there = () => node.send(udp(`${CLIENT}:4000`, '8.8.8.8:53'));
  there();
  expect(node.connections()[0]).toContain('udp      17 30 src=');
  node.send(udp('8.8.8.8:53', `${NODE}:4000`));
  expect(there().skb.connectionState).toBe('ESTABLISHED');
  expect(node.connections()[0]).toContain('udp      17 30 src=');
  node.now += 3 * SECOND;
  there();
  expect(node.connections()[0]).toMatch(/^udp {6}17 120 .*\[ASSURED\]/);
});

test('a connection whose first packet is dropped is not tracked', () => {
  const node = new NetfilterNode(table('filter', '-A FORWARD -j DROP'));
  expect(node.send(tcp(`${CLIENT}:1`, `${BACKEND}:2`)).verdict).toEqual({ verdict: 'drop' });
  expect(node.namespace.conntrack.entries).toEqual({});
  expect(node.namespace.conntrack.byTuple).toEqual({});
});

test('a full table makes room among connections that are not assured, and else drops', () => {
  const node = new NetfilterNode(table('nat', MASQUERADE), 2);
  const open = (port: number) => {
    node.send(tcp(`${CLIENT}:${port}`, '8.8.8.8:80'));
    node.send(tcp('8.8.8.8:80', `${NODE}:${port}`, { syn: true, ack: true }));
    return node.send(tcp(`${CLIENT}:${port}`, '8.8.8.8:80', { ack: true }));
  };
  open(1001);
  node.send(tcp(`${CLIENT}:1002`, '8.8.8.8:80'));
  expect(open(1003).verdict).toEqual({ verdict: 'accept' });
  expect(node.connections().map((line) => /sport=(\d+)/.exec(line)?.[1])).toEqual(['1001', '1003']);
  expect(node.send(tcp(`${CLIENT}:1004`, '8.8.8.8:80')).verdict).toEqual({ verdict: 'drop' });
});

test('a connection to ourselves that was translated on its way out is the same one when it comes in', () => {
  const node = new NetfilterNode(
    table(
      'nat',
      `-A OUTPUT -d ${SERVICE}/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination ${NODE}:6443`,
    ),
  );
  const out = node.send(tcp(`${NODE}:5000`, `${SERVICE}:443`), ['OUTPUT', 'POSTROUTING'], {
    outDevice: 'lo',
  });
  expect(ends(out.packet)).toBe(`${NODE}:5000 > ${NODE}:6443`);
  const arrived = node.send(out.packet, ['PREROUTING', 'INPUT'], { inDevice: 'lo' });
  expect(ends(arrived.packet)).toBe(`${NODE}:5000 > ${NODE}:6443`);
  expect(node.connections()).toHaveLength(1);
  const reply = node.send(
    tcp(`${NODE}:6443`, `${NODE}:5000`, { syn: true, ack: true }),
    ['OUTPUT', 'POSTROUTING'],
    { outDevice: 'lo' },
  );
  expect(ends(reply.packet)).toBe(`${SERVICE}:443 > ${NODE}:5000`);
  const back = node.send(reply.packet, ['PREROUTING', 'INPUT'], { inDevice: 'lo' });
  expect(ends(back.packet)).toBe(`${SERVICE}:443 > ${NODE}:5000`);
  expect(node.connections()).toHaveLength(1);
});

test('a reject is handed to the caller', () => {
  const node = new NetfilterNode(
    table('filter', '-A FORWARD -p tcp -j REJECT --reject-with tcp-reset'),
  );
  expect(node.send(tcp(`${CLIENT}:1`, `${BACKEND}:2`)).verdict).toEqual({
    verdict: 'reject',
    with: 'tcp-reset',
  });
});

test.each([
  ['an ICMP error', (sent: IpPacket) => icmp(NODE, CLIENT, 'port-unreachable', { original: sent })],
  ['a reset', () => tcp(`${BACKEND}:8080`, `${CLIENT}:4000`, { rst: true, ack: true })],
])(
  '%s in answer to a packet rejected after its translation comes from whom it was sent to',
  (_name, answerTo) => {
    // As a kernel was seen to do it: "10.96.0.1 > 10.0.1.2: ICMP 10.96.0.1 tcp port 80 unreachable".
    const node = new NetfilterNode(
      `${table('nat', DNAT)}${table('filter', '-A FORWARD -j REJECT')}`,
    );
    const rejected = node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`));
    const answer: SocketBuffer = { packet: answerTo(rejected.packet), mark: 0, outDevice: 'cni0' };
    attachAnswer(answer, rejected.skb);
    const { packet } = node.pass(answer, ['OUTPUT', 'POSTROUTING']);
    expect(packet.source).toBe(SERVICE);
    const quoted = 'original' in packet.transport ? packet.transport.original : undefined;
    expect(ends(quoted ?? packet)).toBe(
      quoted ? `${CLIENT}:4000 > ${SERVICE}:80` : `${SERVICE}:80 > ${CLIENT}:4000`,
    );
    expect(node.namespace.conntrack.entries).toEqual({});
  },
);

test('a packet that is not tracked is neither new nor translated', () => {
  const node = new NetfilterNode(
    `${table('raw', `-A PREROUTING -s ${CLIENT} -j NOTRACK`)}${table('nat', DNAT)}`,
  );
  const passed = node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`));
  expect(ends(passed.packet)).toBe(`${CLIENT}:4000 > ${SERVICE}:80`);
  expect(node.connections()).toEqual([]);
});

test('every rule that was looked at is told, in order, with its number and its text', () => {
  const node = new NetfilterNode(
    table(
      'nat',
      ':OURS - [0:0]',
      '-A PREROUTING -p udp -j ACCEPT',
      '-A PREROUTING -j OURS',
      '-A OURS -j MARK --or-mark 0x4000',
      `-A OURS -p tcp -j DNAT --to-destination ${BACKEND}:8080`,
    ),
  );
  node.send(tcp(`${CLIENT}:4000`, `${SERVICE}:80`));
  const step = node.traces['t']?.steps.find((candidate) => candidate.kind === 'netfilter');
  expect(step).toMatchObject({
    hook: 'PREROUTING',
    table: 'nat',
    compared: 4,
    verdict: 'dnat',
    flow: { destination: { address: SERVICE, port: 80 } },
    after: { destination: { address: BACKEND, port: 8080 } },
    rules: [
      { chain: 'PREROUTING', number: 1, text: '-A PREROUTING -p udp -j ACCEPT', matched: false },
      { chain: 'PREROUTING', number: 2, text: '-A PREROUTING -j OURS', matched: true },
      {
        chain: 'OURS',
        number: 1,
        text: '-A OURS -j MARK --set-xmark 0x4000/0x4000',
        matched: true,
      },
      { chain: 'OURS', number: 2, matched: true },
    ],
  });
  const kinds = node.traces['t']?.steps.map(({ kind }) => kind);
  expect(kinds).toEqual(['conntrack', 'netfilter']);
});

test('a long list of rules is cut to those that matched and the last, and still counted', () => {
  const others = Array.from({ length: 60 }, (_, index) => `-A FORWARD -s 10.0.0.${index} -j DROP`);
  const node = new NetfilterNode(
    table('filter', ...others, '-A FORWARD -j ACCEPT', '-A FORWARD -j DROP'),
  );
  node.send(tcp(`${CLIENT}:1`, `${BACKEND}:2`));
  const step = node.traces['t']?.steps.find((candidate) => candidate.kind === 'netfilter');
  expect(step).toMatchObject({ compared: 61, rules: [{ number: 61, matched: true }] });
});

test('a namespace without rules tracks nothing', () => {
  const node = new NetfilterNode('');
  node.send(tcp(`${CLIENT}:1`, `${BACKEND}:2`));
  expect(node.connections()).toEqual([]);
  expect(node.traces['t']?.steps).toEqual([]);
});
