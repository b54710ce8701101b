import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { dispositionOf } from '../trace/disposition.ts';
import { explain } from '../trace/explain.ts';
import { printTrace } from '../trace/print-trace.ts';
import { listEntries } from './conntrack.ts';
import { formatConntrackEntry } from './netfilter/print/conntrack-entry.ts';
import { killProcess } from './process.ts';
import type { Program, SystemCalls } from './program.ts';
import {
  loadRules,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoMachines,
  twoNodes,
  type Lab,
} from '../testing/lab.ts';

const bytes = (text: string) => ({ kind: 'bytes', text }) as const;

/** `sctp-server PORT`: answers each message with where it came from. */
const SERVER: Program = {
  name: 'sctp-server',
  start([port = '0'], calls) {
    calls.listen(Number(port), undefined, { protocol: 'sctp' });
    return {};
  },
  handle(_, event, calls) {
    if (event.type === 'data') {
      calls.send(event.socket, bytes(`hello ${calls.peerAddress(event.socket)?.address ?? ''}`));
    } else if (event.type === 'ended') calls.close(event.socket);
  },
};

function giveUp(calls: SystemCalls, error: string): void {
  calls.print(error);
  calls.exit(1);
}

/** `sctp-client ADDRESS [stay]`: sends a line to port 9, prints the answer, and ends. */
const CLIENT: Program = {
  name: 'sctp-client',
  start([address = '', stay], calls) {
    const opened = calls.connect({ address, port: 9 }, { protocol: 'sctp' });
    if (!opened.ok) giveUp(calls, opened.error);
    return { stays: stay === 'stay' };
  },
  handle(state, event, calls) {
    if (event.type === 'connected') calls.send(event.socket, bytes('hi'));
    else if (event.type === 'data') {
      calls.print(event.payload.kind === 'bytes' ? event.payload.text : '');
      if (!(state as { stays: boolean }).stays) calls.exit(0);
    } else if (event.type === 'failed') giveUp(calls, event.error);
  },
};

const programs = { 'sctp-server': SERVER, 'sctp-client': CLIENT };
const filter = (rules: string) => `*filter\n${rules}\nCOMMIT\n`;

const chunksOf = (lab: Lab) =>
  stepsOf(lab).flatMap(({ kind, place, chunk }) =>
    kind === 'sent' ? [`${place.machine} ${chunk ?? ''}`] : [],
  );

test('an association carries a message and its answer, and leaves no socket behind', () => {
  const lab = twoMachines({ programs });
  run(lab, 'b', 'sctp-server', ['9']);
  const client = run(lab, 'a', 'sctp-client', ['10.0.0.2'], openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('hello 10.0.0.1');
  expect(chunksOf(lab)).toEqual([
    'a INIT',
    'b INIT ACK',
    'a COOKIE ECHO',
    'b COOKIE ACK',
    'a DATA',
    'b SACK',
    'b DATA',
    'a SACK',
    'a SHUTDOWN',
    'b SHUTDOWN ACK',
    'a SHUTDOWN COMPLETE',
  ]);
  expect(Object.keys(namespaceOf(lab, 'a').sockets)).toEqual([]);
  expect(Object.values(namespaceOf(lab, 'b').sockets).map(({ state }) => state)).toEqual([
    'LISTEN',
  ]);
  expect(dispositionOf(stepsOf(lab)), printTrace(stepsOf(lab))).toBe('delivered');
});

test('an association to a port where nobody listens gets ABORT', () => {
  const lab = twoMachines({ programs });
  const client = run(lab, 'a', 'sctp-client', ['10.0.0.2'], openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('ECONNREFUSED');
  expect(chunksOf(lab)).toEqual(['a INIT', 'b ABORT']);
  expect(dispositionOf(stepsOf(lab))).toBe('refused');
  expect(explain(stepsOf(lab)).map(({ sentence }) => sentence)).toContain(
    'Nothing listens on `:9`: an SCTP ABORT goes back',
  );
});

test('a listener of TCP at the same port is another one', () => {
  const lab = twoMachines({ programs });
  run(lab, 'b', 'tcp-server', ['9']);
  run(lab, 'b', 'sctp-server', ['9']);
  const tcp = run(lab, 'a', 'tcp-client', ['10.0.0.2:9']);
  const sctp = run(lab, 'a', 'sctp-client', ['10.0.0.2']);
  runUntilIdle(lab);
  expect([outputOf(lab, tcp), outputOf(lab, sctp)]).toEqual(['hello 10.0.0.1', 'hello 10.0.0.1']);
});

test('an INIT that nobody answers is sent again, each time after twice as long, nine times in all', () => {
  const lab = twoMachines({ programs });
  loadRules(lab, 'b', filter('-A INPUT -p sctp -j DROP'));
  const client = run(lab, 'a', 'sctp-client', ['10.0.0.2'], openTrace(lab));
  runUntilIdle(lab, 400 * SECOND);
  const sent = stepsOf(lab).filter(({ kind, place }) => kind === 'sent' && place.machine === 'a');
  expect(sent.map(({ at }) => Math.round(at / SECOND))).toEqual([
    0, 3, 9, 21, 45, 93, 153, 213, 273,
  ]);
  expect(outputOf(lab, client)).toBe('ETIMEDOUT');
  expect(dispositionOf(stepsOf(lab))).toBe('dropped');
});

test('a message that was lost is sent again', () => {
  const lab = twoMachines({ programs });
  run(lab, 'b', 'sctp-server', ['9']);
  loadRules(
    lab,
    'b',
    filter('-A INPUT -p sctp -m statistic --mode nth --every 5 --packet 2 -j DROP'),
  );
  const client = run(lab, 'a', 'sctp-client', ['10.0.0.2'], openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('hello 10.0.0.1');
  expect(chunksOf(lab).filter((chunk) => chunk === 'a DATA')).toHaveLength(2);
});

test('the process at the other end is killed: its association is shut down', () => {
  const lab = twoMachines({ programs });
  const server = run(lab, 'b', 'sctp-server', ['9']);
  run(lab, 'a', 'sctp-client', ['10.0.0.2', 'stay'], openTrace(lab));
  runUntilIdle(lab);
  killProcess(lab.network, lab.environment, server);
  runUntilIdle(lab);
  expect(Object.keys(namespaceOf(lab, 'b').sockets)).toEqual([]);
  expect(chunksOf(lab).slice(-3)).toEqual(['b SHUTDOWN', 'a SHUTDOWN ACK', 'b SHUTDOWN COMPLETE']);
});

const SERVICE = `*nat
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -d 10.96.0.9/32 -p sctp -m sctp --dport 132 -j DNAT --to-destination 10.244.2.5:9
-A OUTPUT -d 10.96.0.9/32 -p sctp -m sctp --dport 132 -j DNAT --to-destination 10.244.2.5:9
-A POSTROUTING -d 10.244.2.5/32 -p sctp -m multiport --dports 9 -j MASQUERADE
COMMIT
`;

test('a rewritten destination and source are turned back, and conntrack follows the association', () => {
  const client: Program = {
    ...CLIENT,
    name: 'service-client',
    start(_, calls) {
      calls.connect({ address: '10.96.0.9', port: 132 }, { protocol: 'sctp' });
      return { stays: true };
    },
  };
  const lab = twoNodes({ programs: { ...programs, 'service-client': client } });
  loadRules(lab, 'node-a', SERVICE);
  run(lab, 'catalog', 'sctp-server', ['9']);
  const pid = run(lab, 'web', 'service-client', [], openTrace(lab));
  runUntilIdle(lab, 5 * SECOND);
  // The server saw the node: the source was masqueraded, too.
  expect(outputOf(lab, pid), printTrace(stepsOf(lab))).toBe('hello 192.168.10.11');
  const table = namespaceOf(lab, 'node-a').conntrack;
  const { now } = lab.environment.queue;
  const [entry] = listEntries(table, now);
  expect(formatConntrackEntry(entry!, now).replaceAll(/(sport|dport)=[1-6]\d{4}/g, '$1=P')).toMatch(
    /^sctp {5}132 2\d\d ESTABLISHED src=10\.244\.1\.7 dst=10\.96\.0\.9 sport=P dport=132 src=10\.244\.2\.5 dst=192\.168\.10\.11 sport=9 dport=P \[ASSURED\] mark=0 use=1$/,
  );
});
