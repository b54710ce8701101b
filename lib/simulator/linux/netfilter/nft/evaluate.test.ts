import { expect, test } from 'vitest';
import { SECOND } from '../../../base/clock.ts';
import { ends, icmp, NetfilterNode, NODE, tcp, udp } from '../../../testing/netfilter-node.ts';

const CLIENT = '10.244.1.5';

/** The verdict of one rule in a base chain at FORWARD that accepts what no rule drops. */
function forward(
  rule: string,
  packet = tcp(`${CLIENT}:4000`, '10.96.0.7:80'),
  before = '',
): string {
  const node = new NetfilterNode('').loadNft(`
    ${before}
    add table ip t
    add set ip t addresses { type ipv4_addr ; }
    add element ip t addresses { 10.96.0.7 }
    add set ip t networks { type ipv4_addr ; flags interval ; }
    add element ip t networks { 10.96.0.0/16, 192.168.1.5-192.168.1.9 }
    add set ip t ports { type inet_proto . inet_service ; flags interval ; }
    add element ip t ports { tcp . 80-90, udp . 53 }
    add map ip t verdicts { type ipv4_addr . inet_proto . inet_service : verdict ; }
    add element ip t verdicts { 10.96.0.7 . tcp . 80 : drop }
    add chain ip t entry { type filter hook forward priority 0 ; }
    add rule ip t entry ${rule}`);
  return node.send(packet, ['PREROUTING', 'FORWARD'], { inDevice: 'cni0' }).verdict.verdict;
}

test.each<[string, boolean]>([
  ['ip saddr 10.244.1.5 drop', true],
  ['ip saddr 10.244.0.0/16 drop', true],
  ['ip saddr != 10.244.0.0/16 drop', false],
  ['ip saddr { 10.1.1.1, 10.244.1.0/24 } drop', true],
  ['ip saddr != { 10.1.1.1, 10.244.1.0/24 } drop', false],
  ['ip daddr @addresses drop', true],
  ['ip daddr @networks drop', true],
  ['ip saddr @networks drop', false],
  ['meta l4proto . th dport @ports drop', true],
  ['meta l4proto . th sport @ports drop', false],
  ['ip daddr . meta l4proto . th dport vmap @verdicts', true],
  ['ip daddr . meta l4proto . th sport vmap @verdicts', false],
  ['tcp dport vmap { 80 : drop, 443 : accept }', true],
  ['tcp dport 80-90 drop', true],
  ['tcp dport != 80 drop', false],
  ['tcp sport > 4000 drop', false],
  ['tcp sport >= 4000 drop', true],
  ['udp dport 80 drop', false],
  ['udp dport != 80 drop', false],
  ['icmp type echo-request drop', false],
  ['meta nfproto ipv6 drop', false],
  ['meta l4proto { tcp, udp } drop', true],
  ['meta nfproto ipv4 drop', true],
  ['iifname "cni*" drop', true],
  ['oifname "cni0" drop', false],
  ['ct state new drop', true],
  ['ct state established,related drop', false],
  ['ct state != new drop', false],
  ['ct status dnat drop', false],
  ['tcp flags syn drop', true],
  ['tcp flags & (fin|syn|rst|ack) == syn drop', true],
  ['tcp flags & (fin|syn|rst|ack) == syn,ack drop', false],
  ['fib daddr type local drop', false],
  ['fib saddr type unicast drop', true],
  ['mark set 0x5 mark and 0x4 == 0x4 drop', true],
  ['mark set 0x5 mark and 0x2 == 0x2 drop', false],
  ['mark set 0x5 mark set mark or 0x4000 mark 0x4005 drop', true],
  ['mark set 0x5 mark set mark xor 0x1 mark 0x4 drop', true],
  ['numgen random mod 1 vmap { 0 : drop }', true],
  ['numgen inc mod 2 offset 1 vmap { 1 : drop, 2 : accept }', true],
  ['limit rate 1/second drop', true],
  ['limit rate over 1/second drop', false],
  ['ip ttl 64 drop', true],
  ['meta length > 1000 drop', false],
])('%s', (rule, isDropped) => {
  expect(forward(rule)).toBe(isDropped ? 'drop' : 'accept');
});

test.each([
  ['a jump comes back', 'jump inner\nadd rule ip t entry drop', 'drop'],
  ['a goto does not: the policy decides', 'goto inner\nadd rule ip t entry drop', 'accept'],
])('%s', (_name, rules, verdict) => {
  const inner = 'add table ip t\nadd chain ip t inner\nadd rule ip t inner counter';
  expect(forward(rules, undefined, inner)).toBe(verdict);
});

test('chains that lead to one another through a map end with a drop', () => {
  const node = new NetfilterNode('').loadNft(`
    add table ip t
    add chain ip t a
    add map ip t m { type inet_service : verdict ; }
    add element ip t m { 80 : goto a }
    add chain ip t entry { type filter hook forward priority 0 ; }
    add rule ip t a tcp dport vmap @m
    add rule ip t entry goto a`);
  expect(node.send(tcp('10.0.0.1:1', '10.0.0.2:80'), ['FORWARD']).verdict.verdict).toBe('drop');
});

const PROXY = `
table ip kube-proxy {
  map service-ips {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.96.0.7 . tcp . 80 : goto service-a }
  }
  chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
  chain service-a {
    ip saddr != 10.244.0.0/16 jump mark-for-masquerade
    numgen random mod 2 vmap { 0 : goto endpoint-a, 1 : goto endpoint-b }
  }
  chain endpoint-a { meta l4proto tcp dnat to 10.244.2.9:8080; }
  chain endpoint-b { meta l4proto tcp dnat to 10.244.2.10:8080; }
  chain mark-for-masquerade { mark set mark or 0x4000; }
  chain masquerading {
    mark and 0x4000 == 0 return
    mark set mark xor 0x4000
    masquerade fully-random
  }
  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
}`;

test('a Service of kube-proxy is reached, and its answers come home', () => {
  const node = new NetfilterNode('').loadNft(PROXY);
  const backends = new Set<string>();
  for (let port = 4000; port < 4040; port++) {
    const sent = node.send(tcp(`${CLIENT}:${port}`, '10.96.0.7:80')).packet;
    backends.add(sent.destination);
    expect(sent.source).toBe(CLIENT);
    const reply = node.send(
      tcp(`${sent.destination}:8080`, `${CLIENT}:${port}`, { syn: true, ack: true }),
    );
    expect(ends(reply.packet)).toBe(`10.96.0.7:80 > ${CLIENT}:${port}`);
  }
  expect([...backends].sort()).toEqual(['10.244.2.10', '10.244.2.9']);
  const outside = node.send(tcp('192.168.10.200:5000', '10.96.0.7:80')).packet;
  expect(outside.source).toBe(NODE);
});

test('the trace says which key decided, and counts a look-up as one rule', () => {
  const node = new NetfilterNode('').loadNft(PROXY);
  node.send(tcp(`${CLIENT}:4000`, '10.96.0.7:80'));
  const steps = node.traces['t']?.steps ?? [];
  const step = steps.find(({ kind }) => kind === 'netfilter');
  if (step?.kind !== 'netfilter') expect.fail('no step of netfilter');
  expect(step).toMatchObject({ verdict: 'dnat', table: 'nat', compared: 5 });
  expect(step.nft).toEqual({
    family: 'ip',
    table: 'kube-proxy',
    chain: 'nat-prerouting',
    priority: -100,
  });
  expect(step.rules.find(({ chain }) => chain === 'services')?.lookup).toEqual({
    map: '@service-ips',
    key: '10.96.0.7 . tcp . 80',
    element: 'goto service-a',
  });
});

test('priorities stand among the tables of iptables: a chain at -110 sees the address before it is translated', () => {
  const rules =
    '*nat\n-A PREROUTING -d 10.96.0.7/32 -p tcp -j DNAT --to-destination 10.0.0.9:1\nCOMMIT\n';
  const at = (priority: number) =>
    new NetfilterNode(rules)
      .loadNft(
        `add table ip t
         add chain ip t c { type filter hook prerouting priority ${priority} ; }
         add rule ip t c ip daddr 10.96.0.7 drop`,
      )
      .send(tcp(`${CLIENT}:1`, '10.96.0.7:80')).verdict.verdict;
  expect(at(-110)).toBe('drop');
  expect(at(-90)).toBe('accept');
});

test('a packet keeps its client for a time in a set that packets fill', () => {
  const node = new NetfilterNode('').loadNft(`
    add table ip t
    add set ip t seen { type ipv4_addr ; flags dynamic,timeout ; timeout 10s ; }
    add chain ip t c { type filter hook forward priority 0 ; }
    add rule ip t c ip saddr @seen drop
    add rule ip t c update @seen { ip saddr }`);
  const send = () => node.send(udp('10.0.0.1:5', '10.0.0.2:53'), ['FORWARD']).verdict.verdict;
  expect(send()).toBe('accept');
  expect(send()).toBe('drop');
  node.now += 11 * SECOND;
  expect(send()).toBe('accept');
});

test.each([
  ['reject', udp('10.0.0.1:5', '10.0.0.2:53'), 'icmp-port-unreachable'],
  ['reject with tcp reset', tcp('10.0.0.1:5', '10.0.0.2:53'), 'tcp-reset'],
  ['reject with icmp host-unreachable', udp('10.0.0.1:5', '10.0.0.2:53'), 'icmp-host-unreachable'],
  ['reject with icmpx admin-prohibited', udp('10.0.0.1:5', '10.0.0.2:53'), 'icmp-admin-prohibited'],
] as const)('%s', (rule, packet, answer) => {
  const node = new NetfilterNode('').loadNft(`
    add table inet t
    add chain inet t c { type filter hook forward priority 0 ; policy drop ; }
    add rule inet t c ${rule}`);
  expect(node.send(packet, ['FORWARD']).verdict).toEqual({ verdict: 'reject', with: answer });
});

test('counters count packets and bytes of what came so far', () => {
  const node = new NetfilterNode('').loadNft(`
    add table ip t
    add chain ip t c { type filter hook forward priority 0 ; }
    add rule ip t c counter udp dport 53 drop`);
  node.send(udp('10.0.0.1:5', '10.0.0.2:53'), ['FORWARD']);
  node.send(icmp('10.0.0.1', '10.0.0.2', 'echo-request', { identifier: 1 }), ['FORWARD']);
  expect(node.namespace.nftables.tables['ip t']?.chains['c']?.rules[0]?.counts).toEqual({
    packets: 2,
    bytes: 120,
  });
});
