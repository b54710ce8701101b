import { expect, test } from 'vitest';
import {
  loadRules,
  namespaceOf,
  outputOf,
  run,
  runUntilIdle,
  twoMachines,
  twoNodes,
  type Lab,
} from '../testing/lab.ts';
import { printIptablesSave } from './netfilter/print/iptables-save.ts';
import { startProcess } from './process.ts';

const filter = (rules: readonly string[]) => `*filter\n${rules.join('\n')}\nCOMMIT\n`;

/** How many packets each rule of a namespace has matched. */
const countsOf = (lab: Lab, namespace: string) =>
  Object.fromEntries(
    [
      ...printIptablesSave(namespaceOf(lab, namespace).ruleset, { counters: 'all' }).matchAll(
        /^\[(\d+):\d+\] (-A .*)$/gm,
      ),
    ].map(([, count, rule]) => [rule ?? '', Number(count)]),
  );

function runAs(lab: Lab, uid: number, to: string): number {
  return startProcess(lab.network, lab.environment, {
    program: 'tcp-client',
    args: [to],
    namespace: 'a',
    hostname: 'a',
    files: {},
    environment: {},
    uid,
  });
}

test("owner knows who sends: a sidecar's own connections are told from the application's", () => {
  const lab = twoMachines();
  run(lab, 'b', 'tcp-server', ['80']);
  loadRules(lab, 'a', filter(['-A OUTPUT -p tcp -m owner --uid-owner 1337 -j REJECT']));
  const application = runAs(lab, 1000, '10.0.0.2:80');
  const sidecar = runAs(lab, 1337, '10.0.0.2:80');
  runUntilIdle(lab, 5_000_000);
  expect(outputOf(lab, application)).toBe('hello 10.0.0.1');
  expect(outputOf(lab, sidecar)).not.toContain('hello');
});

test('a reset of the kernel belongs to nobody', () => {
  const lab = twoMachines();
  const owned = '-A OUTPUT -p tcp -m owner --uid-owner 0-4294967294';
  const others = '-A OUTPUT -p tcp -m owner ! --uid-owner 0-4294967294';
  loadRules(lab, 'b', filter([owned, others]));
  run(lab, 'a', 'tcp-client', ['10.0.0.2:81']);
  runUntilIdle(lab);
  expect(countsOf(lab, 'b')).toEqual({ [owned]: 0, [others]: 1 });
});

test('mac is the source of the frame, routed or bridged', () => {
  const lab = twoNodes();
  const pod = namespaceOf(lab, 'web').links['eth0']?.mac ?? '';
  const switched = namespaceOf(lab, 'node-a').links['eth0']?.mac ?? '';
  const rule = (mac: string) => `-A FORWARD -m mac --mac-source ${mac.toUpperCase()}`;
  loadRules(lab, 'node-a', filter([rule(pod)]));
  loadRules(lab, 'node-b', filter([rule(switched), rule(pod)]));
  run(lab, 'web', 'ping', ['10.244.2.5']);
  runUntilIdle(lab);
  expect(Object.values(countsOf(lab, 'node-a'))).toEqual([1]);
  expect(Object.values(countsOf(lab, 'node-b'))).toEqual([1, 0]);
});

test('physdev knows the port that a packet came by, and for a bridged one the port by which it leaves', () => {
  const lab = twoNodes();
  run(lab, 'shop', 'tcp-server', ['80']);
  const rules = [
    '-A FORWARD -m physdev --physdev-in veth-web --physdev-out veth-shop',
    '-A FORWARD -m physdev --physdev-in veth-web ! --physdev-is-out',
    '-A FORWARD -m physdev --physdev-is-bridged',
    '-A FORWARD ! -i cni0',
  ];
  // The ports are known to the bridge already: nothing is flooded.
  run(lab, 'web', 'ping', ['10.244.1.9']);
  runUntilIdle(lab);
  loadRules(lab, 'node-a', filter(rules));
  run(lab, 'web', 'ping', ['10.244.1.9']);
  run(lab, 'web', 'ping', ['10.244.2.5']);
  runUntilIdle(lab);
  // One echo request across the bridge and its reply; one routed away and its reply, which came by a cable.
  expect(Object.values(countsOf(lab, 'node-a'))).toEqual([1, 1, 2, 1]);
});
