import { expect, test } from 'vitest';
import {
  loadRules,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoMachines,
} from '../testing/lab.ts';
import type { Program } from './program.ts';
import { printTrace } from '../trace/print-trace.ts';

test('what a machine sends to itself is masqueraded with an address that others could use', () => {
  const lab = twoMachines();
  loadRules(
    lab,
    'a',
    '*nat\n-A OUTPUT -d 10.0.0.2/32 -p tcp -j DNAT --to-destination 10.0.0.1:80\n-A POSTROUTING -p tcp -m tcp --dport 80 -j MASQUERADE\nCOMMIT\n',
  );
  run(lab, 'a', 'tcp-server', ['80']);
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:81'], openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, client), printTrace(stepsOf(lab))).toBe('hello 10.0.0.1');
});

/** Says what the call said, and what was heard later. */
const ASKER: Program<null> = {
  name: 'asker',
  start([to = ''], calls) {
    const opened = calls.openUdp();
    if (opened.ok)
      calls.print(
        calls.sendTo(opened.socket, { address: to, port: 53 }, { kind: 'bytes', text: '?' }),
      );
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'failed') calls.print(` then ${event.error}`);
  },
};

const REJECT = 'REJECT --reject-with icmp-port-unreachable';

test.each([
  ['a datagram that OUTPUT drops is not permitted', '10.0.0.2', 'DROP', 'EPERM'],
  [
    'one that OUTPUT rejects is not permitted, and an ICMP error follows',
    ...['10.0.0.2', REJECT, 'EPERM then ECONNREFUSED'],
  ],
  [
    'the error about an address of lo comes from there to 127.0.0.1, past the rule',
    ...['127.0.0.9', REJECT, 'EPERM then ECONNREFUSED'],
  ],
])('%s', (_, to, target, heard) => {
  const lab = twoMachines({ programs: { asker: ASKER } });
  loadRules(lab, 'a', `*filter\n-A OUTPUT -d ${to}/32 -j ${target}\nCOMMIT\n`);
  const asker = run(lab, 'a', 'asker', [to ?? '']);
  runUntilIdle(lab);
  expect(outputOf(lab, asker)).toBe(heard);
});
