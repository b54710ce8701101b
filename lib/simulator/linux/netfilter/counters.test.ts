import { expect, test } from 'vitest';
import { NetfilterNode, tcp, udp } from '../../testing/netfilter-node.ts';
import { restoreIptables } from './parse/parse-iptables.ts';
import { printIptablesSave } from './print/iptables-save.ts';
import { appendRule, createRuleset, deleteRule, insertRule } from './ruleset.ts';

const RULES =
  '*filter\n:FORWARD DROP [0:0]\n:A - [0:0]\n-A FORWARD -j A\n-A FORWARD -p udp -j ACCEPT\n-A A -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n';

test('rules and policies count what comes to them, as a real kernel counts it', () => {
  const node = new NetfilterNode(RULES);
  for (const packet of [
    tcp('10.0.0.1:1', '10.0.0.2:80'),
    tcp('10.0.0.1:2', '10.0.0.2:80'),
    udp('10.0.0.1:1', '10.0.0.2:53'),
    tcp('10.0.0.1:3', '10.0.0.2:22'),
  ])
    node.send(packet, ['FORWARD']);
  const saved = printIptablesSave(node.namespace.ruleset, { counters: 'all' });
  expect(saved.split('\n').filter((line) => /^[:[]/.test(line))).toEqual([
    ':INPUT ACCEPT [0:0]',
    ':FORWARD DROP [1:60]',
    ':OUTPUT ACCEPT [0:0]',
    ':A - [0:0]',
    '[4:240] -A FORWARD -j A',
    '[1:60] -A FORWARD -p udp -j ACCEPT',
    '[2:120] -A A -p tcp -m tcp --dport 80 -j ACCEPT',
  ]);
  const restored = restoreIptables(createRuleset(), saved, { counters: 'restored' });
  if (!restored.ok) expect.fail(restored.text);
  expect(printIptablesSave(restored.ruleset, { counters: 'all' })).toBe(saved);
});

test('a counter stays with its rule when others come and go before it', () => {
  const node = new NetfilterNode(RULES);
  const { ruleset } = node.namespace;
  node.send(udp('10.0.0.1:1', '10.0.0.2:53'), ['FORWARD']);
  const drop = { matches: [], target: { target: 'DROP' } } as const;
  const counted = () =>
    printIptablesSave(ruleset, { counters: 'all' })
      .split('\n')
      .filter((line) => line.startsWith('[1:60]'));
  const before = counted();
  insertRule(ruleset, 'filter', 'FORWARD', drop);
  expect(counted()).toEqual(before);
  deleteRule(ruleset, 'filter', 'FORWARD', drop);
  appendRule(ruleset, 'filter', 'FORWARD', drop);
  expect(counted()).toEqual(before);
});
