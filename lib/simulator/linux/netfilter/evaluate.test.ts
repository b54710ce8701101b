import { expect, test } from 'vitest';
import { seedRandom } from '../../base/random.ts';
import { tcp } from '../../testing/netfilter-node.ts';
import { evaluateTable } from './evaluate.ts';
import { restoreIptables } from './parse/parse-iptables.ts';
import { createRuleset, ensureTable } from './ruleset.ts';

const random = seedRandom('evaluate');

/** The verdict of the filter table's FORWARD chain, and the rules that were looked at (`CHAIN number`, `*` for a match). */
function forward(rules: readonly string[], packet = tcp('10.0.0.1:1000', '10.0.0.2:80'), mark = 0) {
  const restored = restoreIptables(
    createRuleset(),
    `*filter\n:A - [0:0]\n:B - [0:0]\n${rules.join('\n')}\nCOMMIT\n`,
  );
  if (!restored.ok) expect.fail(restored.text);
  const skb = { packet, mark, inDevice: 'cni0', outDevice: 'eth0' };
  const { outcome, seen } = evaluateTable(ensureTable(restored.ruleset, 'filter'), 'FORWARD', {
    skb,
    ruleset: restored.ruleset,
    now: 1,
    random,
    namespace: 'node',
    isLocalAddress: (address) => address === '10.0.0.2',
  });
  return {
    verdict: outcome.verdict,
    mark: skb.mark,
    seen: seen.map(({ chain, number, matched }) => `${chain} ${number}${matched ? '*' : ''}`),
  };
}

test.each([
  ['no rule leaves it to the policy', [], 'accept', []],
  ['the policy may be to drop', [':FORWARD DROP [0:0]'], 'drop', []],
  [
    'the first verdict ends it',
    ['-A FORWARD -j DROP', '-A FORWARD -j ACCEPT'],
    'drop',
    ['FORWARD 1*'],
  ],
  [
    'a chain without a verdict comes back',
    ['-A FORWARD -j A', '-A FORWARD -j DROP', '-A A -p udp -j ACCEPT'],
    'drop',
    ['FORWARD 1*', 'A 1', 'FORWARD 2*'],
  ],
  [
    'RETURN goes back behind the jump',
    ['-A FORWARD -j A', '-A FORWARD -j DROP', '-A A -j RETURN', '-A A -j ACCEPT'],
    'drop',
    ['FORWARD 1*', 'A 1*', 'FORWARD 2*'],
  ],
  [
    'RETURN of the built-in chain is its policy',
    [':FORWARD DROP [0:0]', '-A FORWARD -j RETURN', '-A FORWARD -j ACCEPT'],
    'drop',
    ['FORWARD 1*'],
  ],
  [
    'chains nest',
    ['-A FORWARD -j A', '-A A -j B', '-A A -j DROP', '-A B -j ACCEPT'],
    'accept',
    ['FORWARD 1*', 'A 1*', 'B 1*'],
  ],
  [
    'a rule without a target only counts',
    ['-A FORWARD', '-A FORWARD -j DROP'],
    'drop',
    ['FORWARD 1*', 'FORWARD 2*'],
  ],
] as const)('%s', (_name, rules, verdict, seen) => {
  const result = forward(
    [...rules].sort((a, b) => Number(b.startsWith(':')) - Number(a.startsWith(':'))),
  );
  expect(result.verdict).toBe(verdict);
  expect(result.seen).toEqual(seen);
});

test.each([
  ['-s 10.0.0.0/24', true],
  ['! -s 10.0.0.0/24', false],
  ['-d 10.0.0.3/32', false],
  ['! -d 10.0.0.3', true],
  ['-i cni0', true],
  ['-i cni+', true],
  ['! -i eth+', true],
  ['-o cni0', false],
  ['-p tcp', true],
  ['! -p udp', true],
  ['-p tcp -m tcp --dport 80', true],
  ['-p tcp -m tcp --dport 81:90', false],
  ['-p tcp -m tcp ! --dport 81:90', true],
  ['-p tcp -m tcp --sport 1000', true],
  ['-p tcp --syn', true],
  ['-p tcp ! --syn', false],
  ['-p tcp -m multiport --dports 22,80', true],
  ['-p tcp -m multiport ! --dports 22,80', false],
  ['-m udp -p udp --dport 80', false],
  ['-p icmp -m icmp --icmp-type 8', false],
  ['-m addrtype --dst-type LOCAL', true],
  ['-m addrtype ! --dst-type LOCAL', false],
  ['-m addrtype --src-type LOCAL', false],
  ['-m mark --mark 0x4000/0x4000', true],
  ['-m mark ! --mark 0x4000/0x4000', false],
  ['-m mark --mark 0x4000', false],
  ['-m conntrack --ctstate INVALID', true],
  ['-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT', true],
  ['-m statistic --mode random --probability 1', true],
  ['-m statistic --mode random --probability 0', false],
  ['-m comment --comment "always"', true],
])('%s', (conditions, matches) => {
  const { verdict } = forward([`-A FORWARD ${conditions} -j DROP`], undefined, 0x4001);
  expect(verdict).toBe(matches ? 'drop' : 'accept');
});

test.each([
  ['--or-mark 0x4000', 0x1, 0x4001],
  ['--xor-mark 0x4000', 0x4001, 0x1],
  ['--and-mark 0x1', 0x4001, 0x1],
  ['--set-mark 0x2/0xf', 0x4001, 0x4002],
  ['--set-xmark 0x3/0x0', 0x1, 0x2],
])('MARK %s', (operation, before, after) => {
  expect(forward([`-A FORWARD -j MARK ${operation}`], undefined, before).mark).toBe(after);
});

test('a lot with probability a third falls on a third', () => {
  const count = Array.from({ length: 3000 }, () =>
    forward(['-A FORWARD -m statistic --mode random --probability 0.3333333333 -j DROP']),
  );
  const dropped = count.filter(({ verdict }) => verdict === 'drop').length;
  expect(dropped).toBeGreaterThan(900);
  expect(dropped).toBeLessThan(1100);
});
