import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import type { Program } from '../../linux/program.ts';
import { loadRules, openTrace, outputOf, run, runUntilIdle, stepsOf, twoMachines } from '../lab.ts';

/** `hoard`: connects to 10.0.0.2:80 until connect() says no, and prints how often it went and what it was told. */
const HOARD: Program = {
  name: 'hoard',
  start(_args, calls) {
    for (let opened = 0; ; opened++) {
      const result = calls.connect({ address: '10.0.0.2', port: 80 });
      if (result.ok) continue;
      calls.print(`${opened} ${result.error}`);
      return {};
    }
  },
  handle() {
    return undefined;
  },
};

test('ephemeral ports run out: connect() says EADDRNOTAVAIL after 28,232 connections', () => {
  const lab = twoMachines({ programs: { hoard: HOARD } });
  const pid = run(lab, 'a', 'hoard', []);
  runUntilIdle(lab, 1);
  expect(outputOf(lab, pid)).toBe('28232 EADDRNOTAVAIL');
}, 30_000);

test('ports for a rewritten source run out: the packet that finds none is dropped', () => {
  const lab = twoMachines();
  loadRules(
    lab,
    'a',
    '*nat\n-A POSTROUTING -p udp -m udp -j SNAT --to-source 10.0.0.1:5000-5001\nCOMMIT\n',
  );
  run(lab, 'b', 'udp-server', ['53']);
  const clients = [1, 2, 3].map(() => {
    const pid = run(lab, 'a', 'udp-client', ['10.0.0.2:53'], openTrace(lab, 't'));
    runUntilIdle(lab, SECOND);
    return outputOf(lab, pid);
  });
  expect(clients.slice(0, 2)).toEqual(Array(2).fill('hello 10.0.0.1 (10.0.0.2:53)'));
  expect(clients[2]).not.toMatch(/^hello/);
  expect(stepsOf(lab, 't')).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'netfilter-drop' }),
  );
});
