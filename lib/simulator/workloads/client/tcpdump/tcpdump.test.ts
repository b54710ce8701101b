import { expect, test } from 'vitest';
import type { Frame, IpPacket, Transport } from '../../../packet/packet.ts';
import { packetOfFlow } from '../../../linux/send-packet.ts';
import { createProgramLab, outcomeOf, runClient, start } from '../../../testing/program-lab.ts';
import { signalProcess } from '../../../linux/process.ts';
import { runUntilIdle } from '../../../testing/lab.ts';
import { matchesFilter } from './match-filter.ts';
import { parseFilter } from './parse-filter.ts';
import { frameText } from './print-frame.ts';
import type { PrintContext } from './print-context.ts';

const MACS = { source: '0a:00:00:00:00:01', destination: '0a:00:00:00:00:02' };
const ip = (packet: IpPacket): Frame => ({ ...MACS, payload: { type: 'ip', packet } });
const flow = (protocol: 'tcp' | 'udp' | 'icmp', from: number, to: number) =>
  packetOfFlow({
    protocol,
    source: { address: '10.0.0.1', port: from },
    destination: { address: '10.0.1.2', port: to },
  });
const SYN = ip(flow('tcp', 40_000, 80));
const QUERY = ip(flow('udp', 40_001, 53));
const PING = ip(flow('icmp', 7, 0));
const ARP: Frame = {
  source: '0a:00:00:00:00:01',
  destination: 'ff:ff:ff:ff:ff:ff',
  payload: {
    type: 'arp',
    arp: {
      operation: 'request',
      senderMac: '0a:00:00:00:00:01',
      senderIp: '10.0.0.1',
      targetMac: '00:00:00:00:00:00',
      targetIp: '10.0.0.2',
    },
  },
};
const FRAMES = { syn: SYN, query: QUERY, ping: PING, arp: ARP };

test.each([
  ['', 'syn query ping arp'],
  ['tcp', 'syn'],
  ['udp or icmp', 'query ping'],
  ['port 80', 'syn'],
  ['dst port 80', 'syn'],
  ['src port 80', ''],
  ['tcp port 53', ''],
  ['portrange 50-90', 'syn query'],
  ['host 10.0.1.2', 'syn query ping'],
  ['src host 10.0.0.1', 'syn query ping arp'],
  ['dst 10.0.0.1', ''],
  ['net 10.0.1.0/24', 'syn query ping'],
  ['net 10.0.1', 'syn query ping'],
  ['net 10.0.1.0 mask 255.255.255.0', 'syn query ping'],
  ['src net 10.0.0.0/24 and not arp', 'syn query ping'],
  ['arp host 10.0.0.2', 'arp'],
  ['not (tcp or udp)', 'ping arp'],
  ['port 80 or 53', 'syn query'],
  ['tcp or udp and port 53', 'query'],
  ['tcp or (udp and port 80)', 'syn'],
  ['tcp[tcpflags] & (tcp-syn|tcp-rst) != 0', 'syn'],
  ['tcp[13] & 2 != 0 and tcp[13] & 16 == 0', 'syn'],
  ['tcp[tcpflags] == tcp-ack', ''],
  ['tcp[2:2] = 80', 'syn'],
  ['ip[8] < 65', 'syn query ping'],
  ['icmp[icmptype] == icmp-echo', 'ping'],
  ['ether host 0a:00:00:00:00:01', 'syn query ping arp'],
  ['ether broadcast', 'arp'],
  ['src and dst net 10.0.0.0/16', 'syn query ping arp'],
  ['src or dst port domain', 'query'],
  ['ip proto 17', 'query'],
  ['ip6', ''],
  ['len > 90', 'ping'],
  ['host web', 'syn query ping'],
])('the filter "%s" lets pass: %s', (text, expected) => {
  const parsed = parseFilter(text, (name) => (name === 'web' ? '10.0.1.2' : undefined));
  expect(parsed).toMatchObject({ ok: true });
  const passed = Object.entries(FRAMES)
    .filter(([, frame]) => parsed.ok && matchesFilter(frame, parsed.filter))
    .map(([name]) => name);
  expect(passed.join(' ')).toBe(expected);
});

/** What tcpdump 4.99.3 with libpcap 1.10.3 said to the same words. */
test.each([
  ['foo bar', "can't parse filter expression: syntax error"],
  ['port', "can't parse filter expression: syntax error"],
  ['port xyz', "unknown port 'xyz'"],
  ['host nosuch', "unknown host 'nosuch'"],
  ['tcp and', "can't parse filter expression: syntax error"],
  ['tcp port 80 udp', "can't parse filter expression: syntax error"],
  ['net 10.0.0.1/8', 'non-network bits set in "10.0.0.1/8"'],
  ['(tcp', "can't parse filter expression: syntax error"],
  ['port 99999', 'illegal port number 99999 > 65535'],
  ['tcp[tcpflags]', "can't parse filter expression: syntax error"],
  ['host 300.1.1.1', "invalid IPv4 address '300.1.1.1'"],
  ['ether', 'link layer applied in wrong context'],
  ['('.repeat(500), "can't parse filter expression: syntax error"],
  ['not '.repeat(500), "can't parse filter expression: syntax error"],
])('the filter "%.20s" is refused', (text, message) => {
  expect(parseFilter(text, () => undefined)).toEqual({ ok: false, message });
});

const context = (): PrintContext => ({
  verbosity: 0,
  quiet: false,
  showLink: false,
  absoluteSequence: false,
  connections: {},
  hostName: (address) => address,
  portName: (port) => String(port),
});

const icmp = (type: 'port-unreachable' | 'ttl-exceeded' | 'fragmentation-needed', mtu?: number) =>
  ip({
    ...flow('icmp', 0, 0),
    length: 56,
    transport: {
      protocol: 'icmp',
      type,
      original: flow('udp', 40_001, 53),
      ...(mtu === undefined ? {} : { mtu }),
    } satisfies Transport,
  });

const tunnel = (port: number): Frame =>
  ip({
    ...flow('udp', 40_002, port),
    length: 134,
    transport: {
      protocol: 'udp',
      sourcePort: 40_002,
      destinationPort: port,
      payload: { kind: 'vxlan', vni: 1, frame: PING },
    },
  });

/** The words are those of tcpdump 4.99.3 for such packets. */
test.each([
  ['ARP', ARP, 'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28'],
  ['an echo request', PING, 'IP 10.0.0.1 > 10.0.1.2: ICMP echo request, id 7, seq 1, length 64'],
  [
    'a closed port',
    icmp('port-unreachable'),
    'IP 10.0.0.1 > 10.0.1.2: ICMP 10.0.1.2 udp port 53 unreachable, length 36',
  ],
  [
    'the end of the hops',
    icmp('ttl-exceeded'),
    'IP 10.0.0.1 > 10.0.1.2: ICMP time exceeded in-transit, length 36',
  ],
  [
    'a narrow way',
    icmp('fragmentation-needed', 1400),
    'IP 10.0.0.1 > 10.0.1.2: ICMP 10.0.1.2 unreachable - need to frag (mtu 1400), length 36',
  ],
  [
    'VXLAN',
    tunnel(4789),
    'IP 10.0.0.1.40002 > 10.0.1.2.4789: VXLAN, flags [I] (0x08), vni 1\nIP 10.0.0.1 > 10.0.1.2: ICMP echo request, id 7, seq 1, length 64',
  ],
  [
    'VXLAN on the port of Linux, which tcpdump knows as OTV',
    tunnel(8472),
    'IP 10.0.0.1.40002 > 10.0.1.2.8472: OTV, flags [I] (0x08), overlay 0, instance 1\nIP 10.0.0.1 > 10.0.1.2: ICMP echo request, id 7, seq 1, length 64',
  ],
])('%s in a line', (_name, frame, expected) => {
  expect(frameText(frame, context())).toBe(expected);
});

test('-e and -v show the headers', () => {
  expect(frameText(PING, { ...context(), verbosity: 1, showLink: true })).toBe(
    '0a:00:00:00:00:01 > 0a:00:00:00:00:02, ethertype IPv4 (0x0800), length 98: (tos 0x0, ttl 64, id 0, offset 0, flags [none], proto ICMP (1), length 84)\n    10.0.0.1 > 10.0.1.2: ICMP echo request, id 7, seq 1, length 64',
  );
});

test('a connection is shown from SYN to FIN, with relative numbers', () => {
  const lab = createProgramLab();
  start(lab, 'server', 'agnhost netexec --http-port=80');
  const pid = start(lab, 'client', 'tcpdump -t -nn -i eth0 tcp');
  runClient(lab, 'curl -s -o /dev/null http://10.0.0.2/hostname');
  signalProcess(lab.network, lab.environment, pid, 'SIGINT');
  runUntilIdle(lab);
  const { output, exitCode } = outcomeOf(lab, pid);
  expect(exitCode).toBe(0);
  const shown = output.replaceAll(/\d{5,}/g, 'N').split('\n');
  expect(shown).toEqual([
    'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode',
    'listening on eth0, link-type EN10MB (Ethernet), snapshot length N bytes',
    'IP 10.0.0.1.N > 10.0.0.2.80: Flags [S], seq N, win N, options [mss 1460], length 0',
    'IP 10.0.0.2.80 > 10.0.0.1.N: Flags [S.], seq N, ack N, win N, options [mss 1460], length 0',
    'IP 10.0.0.1.N > 10.0.0.2.80: Flags [.], ack 1, win N, length 0',
    expect.stringMatching(
      /^IP 10\.0\.0\.1\.N > 10\.0\.0\.2\.80: Flags \[P\.\], seq 1:(\d+), ack 1, win N, length \d+: HTTP: GET \/hostname HTTP\/1\.1$/,
    ),
    expect.stringMatching(
      /^IP 10\.0\.0\.2\.80 > 10\.0\.0\.1\.N: Flags \[\.\], ack \d+, win N, length 0$/,
    ),
    expect.stringMatching(
      /Flags \[P\.\], seq 1:\d+, ack \d+, win N, length \d+: HTTP: HTTP\/1\.1 200 OK$/,
    ),
    expect.stringMatching(/Flags \[\.\], ack \d+, win N, length 0$/),
    expect.stringMatching(/Flags \[F\.\], seq \d+, ack \d+, win N, length 0$/),
    expect.stringMatching(/Flags \[\.\], ack \d+, win N, length 0$/),
    expect.stringMatching(/Flags \[F\.\], seq \d+, ack \d+, win N, length 0$/),
    expect.stringMatching(/Flags \[\.\], ack \d+, win N, length 0$/),
    '',
    '11 packets captured',
    '11 packets received by filter',
    '0 packets dropped by kernel',
    '',
  ]);
  expect(lab.network.namespaces['client']?.captures).toBeUndefined();
});

test('-c ends it; -i any names device and direction, lo shows a packet once', () => {
  const lab = createProgramLab();
  const pid = start(lab, 'client', 'tcpdump -t -n -i any -c 2 icmp');
  runClient(lab, 'ping -c 1 10.0.0.1');
  expect(outcomeOf(lab, pid).output).toMatch(
    /^tcpdump: data link type LINUX_SLL2\n.*\nlistening on any, link-type LINUX_SLL2 \(Linux cooked v2\), .*\nlo {4}In {2}IP 10\.0\.0\.1 > 10\.0\.0\.1: ICMP echo request, id \d+, seq 1, length 64\nlo {4}In {2}IP 10\.0\.0\.1 > 10\.0\.0\.1: ICMP echo reply, id \d+, seq 1, length 64\n2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n$/,
  );
});

test.each([
  ['-i eth9', 'tcpdump: eth9: No such device exists\n(No such device exists)\n'],
  ['-c 0', 'tcpdump: invalid packet count 0\n'],
  ['-i eth0 port xyz', "tcpdump: unknown port 'xyz'\n"],
])('tcpdump %s fails', (args, output) => {
  expect(runClient(createProgramLab(), `tcpdump ${args}`)).toEqual({ output, exitCode: 1 });
});
