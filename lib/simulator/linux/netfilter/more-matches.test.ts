import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { NetfilterNode, tcp } from '../../testing/netfilter-node.ts';

const PACKET = tcp('10.244.1.5:4000', '10.96.0.7:80');

function drops(rule: string, devices = {}, packet = PACKET): boolean {
  const node = new NetfilterNode(`*filter\n-A FORWARD ${rule} -j DROP\nCOMMIT\n`);
  const set = (
    name: string,
    type: 'hash:ip' | 'hash:net' | 'hash:ip,port' | 'list:set',
    keys: object,
  ) => ({
    name,
    type,
    family: 'inet' as const,
    hashSize: 1024,
    maxElements: 65_536,
    elements: { ...keys },
  });
  Object.assign(node.namespace.ipsets, {
    ips: set('ips', 'hash:ip', { '10.244.1.5': {} }),
    nets: set('nets', 'hash:net', { '10.96.0.0/16': {}, '10.96.0.7/32': { isException: true } }),
    ports: set('ports', 'hash:ip,port', { '10.96.0.7,tcp:80': {} }),
    all: set('all', 'list:set', { ips: {}, ports: {} }),
  });
  return node.send(packet, ['FORWARD'], devices).verdict.verdict === 'drop';
}

test.each<[string, boolean, object?]>([
  ['-m set --match-set ips src', true],
  ['-m set --match-set ips dst', false],
  ['-m set ! --match-set ips dst', true],
  ['-m set --match-set nets dst', false],
  ['-m set --match-set ports dst,dst', true],
  ['-m set --match-set ports dst,src', false],
  ['-m set --match-set all src', true],
  ['-m set --match-set nosuch src', false],
  ['-m mac --mac-source 00:11:22:33:44:55', true, { sourceMac: '00:11:22:33:44:55' }],
  ['-m mac ! --mac-source 00:11:22:33:44:55', false],
  ['-m physdev --physdev-in veth+', true, { physicalInDevice: 'veth1' }],
  ['-m physdev --physdev-is-bridged', false, { physicalInDevice: 'veth1' }],
  ['-m physdev --physdev-is-bridged', true, { physicalInDevice: 'v1', physicalOutDevice: 'v2' }],
  ['-m iprange --src-range 10.244.1.1-10.244.1.9', true],
  ['-m iprange ! --dst-range 10.96.0.1-10.96.0.9', false],
  ['-m length --length 60', true],
  ['-m length ! --length 50:70', false],
  ['-p tcp -m tcp --tcp-flags SYN,ACK SYN', true],
  ['-p tcp -m tcp --tcp-flags SYN,ACK ACK', false],
  ['-m owner --uid-owner 1337', true, { uid: 1337 }],
  ['-m owner ! --uid-owner 1337', true, { uid: 1 }],
  // A forwarded packet, and a reset of the kernel's, matched this on Linux 6.18, and `--uid-owner 0` did not.
  ['-m owner ! --uid-owner 1337', true, { inDevice: 'eth0' }],
  ['-m owner --uid-owner 0', false, {}],
])('%s', (rule, matches, devices) => {
  expect(drops(rule, devices)).toBe(matches);
});

test('limit lets a burst through, and then the rate', () => {
  const node = new NetfilterNode(
    '*filter\n-A FORWARD -m limit --limit 1/sec --limit-burst 2 -j ACCEPT\n-A FORWARD -j DROP\nCOMMIT\n',
  );
  const send = () => node.send(PACKET, ['FORWARD']).verdict.verdict;
  expect([send(), send(), send()]).toEqual(['accept', 'accept', 'drop']);
  node.now += SECOND;
  expect([send(), send()]).toEqual(['accept', 'drop']);
});

test('nth takes one packet in three, after one other', () => {
  const node = new NetfilterNode(
    '*filter\n-A FORWARD -m statistic --mode nth --every 3 --packet 1 -j DROP\nCOMMIT\n',
  );
  const seen = Array.from({ length: 6 }, () => node.send(PACKET, ['FORWARD']).verdict.verdict);
  expect(seen.map((verdict) => verdict === 'drop')).toEqual([
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
});

test('a mark is kept with the connection and given to its later packets', () => {
  const node = new NetfilterNode(
    '*mangle\n-A PREROUTING -m connmark --mark 0x5 -j CONNMARK --restore-mark\n-A PREROUTING -m conntrack --ctstate NEW -j CONNMARK --set-mark 0x5\nCOMMIT\n',
  );
  expect(node.send(PACKET).skb.mark).toBe(0);
  const reply = tcp('10.96.0.7:80', '10.244.1.5:4000', { syn: true, ack: true });
  expect(node.send(reply).skb.mark).toBe(5);
});

test('a packet puts its sender into a set', () => {
  const node = new NetfilterNode('*filter\n-A FORWARD -j SET --add-set seen src\nCOMMIT\n');
  node.namespace.ipsets['seen'] = {
    name: 'seen',
    type: 'hash:ip',
    family: 'inet',
    hashSize: 1024,
    maxElements: 10,
    elements: {},
  };
  node.send(PACKET, ['FORWARD']);
  expect(Object.keys(node.namespace.ipsets['seen'].elements)).toEqual(['10.244.1.5']);
});

test('goto does not come back: the policy has the last word', () => {
  const node = new NetfilterNode(
    '*filter\n:A - [0:0]\n-A FORWARD -g A\n-A FORWARD -j DROP\n-A A -p udp -j DROP\nCOMMIT\n',
  );
  expect(node.send(PACKET, ['FORWARD']).verdict.verdict).toBe('accept');
});
