import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { dispositionOf } from '../trace/disposition.ts';
import {
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoMachines,
  type Lab,
} from '../testing/lab.ts';
import { backlogOf, waitingFor } from './listener.ts';
import type { Socket } from './network.ts';
import type { IpPacket, TcpSegment } from '../packet/packet.ts';
import { packetOfFlow, sendPacket } from './send-packet.ts';
import { killProcess } from './process.ts';
import type { Program } from './program.ts';

/** `slow-server PORT BACKLOG [AFTER]`: accepts all that waits AFTER seconds; never without it. */
const SLOW_SERVER: Program = {
  name: 'slow-server',
  start([port, backlog, after], calls) {
    const options = { backlog: Number(backlog), accepts: 'when-asked' } as const;
    const opened = calls.listen(Number(port), '0.0.0.0', options);
    if (after !== undefined) calls.setTimer('accept', Number(after) * SECOND);
    return { listener: opened.ok ? opened.socket : 0 };
  },
  handle(state, event, calls) {
    const { listener } = state as { listener: number };
    if (event.type === 'timer') {
      while (calls.accept(listener) !== undefined) calls.print('accepted ');
    } else if (event.type === 'data') calls.send(event.socket, { kind: 'bytes', text: 'late' });
  },
};

/** `shared-server PORT NAME`: answers with its name, on a port that it shares. */
const SHARED_SERVER: Program = {
  name: 'shared-server',
  start([port, name = ''], calls) {
    const opened = calls.listen(Number(port), '0.0.0.0', { reusePort: true });
    if (!opened.ok) calls.print(opened.error);
    return { name };
  },
  handle(state, event, calls) {
    const { name } = state as { name: string };
    if (event.type === 'data') calls.send(event.socket, { kind: 'bytes', text: name });
    else if (event.type === 'ended') calls.close(event.socket);
  },
};

const lab = () =>
  twoMachines({ programs: { 'slow-server': SLOW_SERVER, 'shared-server': SHARED_SERVER } });

const listenerOf = (given: Lab): Socket => {
  const found = Object.values(namespaceOf(given, 'b').sockets).find(
    ({ state }) => state === 'LISTEN',
  );
  if (!found) throw new Error('no listener');
  return found;
};

test('a backlog of one holds two connections; the next SYN is dropped', () => {
  // Linux 6.18 does the same: ss shows Recv-Q 2, Send-Q 1, and the third connect() times out.
  const given = lab();
  run(given, 'b', 'slow-server', ['80', '1']);
  runUntilIdle(given, SECOND);
  const clients = [0, 1, 2].map((i) => {
    const pid = run(given, 'a', 'tcp-client', ['10.0.0.2:80'], openTrace(given, `t${String(i)}`));
    runUntilIdle(given, SECOND / 2);
    return pid;
  });
  const namespace = namespaceOf(given, 'b');
  expect(waitingFor(namespace, listenerOf(given))).toHaveLength(2);
  expect(backlogOf(namespace, listenerOf(given))).toBe(1);
  expect(stepsOf(given, 't1').some(({ kind }) => kind === 'dropped')).toBe(false);
  expect(stepsOf(given, 't2').find(({ kind }) => kind === 'dropped')).toMatchObject({
    reason: 'backlog-full',
    place: { machine: 'b' },
  });
  expect(dispositionOf(stepsOf(given, 't2'))).toBe('dropped');
  runUntilIdle(given);
  expect(clients.map((pid) => outputOf(given, pid))).toEqual(['', '', 'ETIMEDOUT']);
});

test('of clients that call together one too many believes that it is connected', () => {
  const given = lab();
  run(given, 'b', 'slow-server', ['80', '1']);
  runUntilIdle(given, SECOND);
  const clients = [0, 1, 2].map((i) =>
    run(given, 'a', 'tcp-client', ['10.0.0.2:80'], openTrace(given, `t${String(i)}`)),
  );
  runUntilIdle(given, 10 * SECOND);
  const connected = Object.values(namespaceOf(given, 'a').sockets).map(({ state }) => state);
  expect(connected).toEqual(['ESTAB', 'ESTAB', 'ESTAB']);
  runUntilIdle(given);
  expect(clients.map((pid) => outputOf(given, pid))).toEqual(['', '', 'ECONNRESET']);
});

test('who waits is served when the process comes to it, with what was sent meanwhile', () => {
  const given = lab();
  const server = run(given, 'b', 'slow-server', ['80', '5', '30']);
  const client = run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(given, 20 * SECOND);
  expect(outputOf(given, client)).toBe('');
  runUntilIdle(given);
  expect(outputOf(given, server)).toBe('accepted ');
  expect(outputOf(given, client)).toBe('late');
});

test('a client that was dropped gets in when there is room again', () => {
  const given = lab();
  run(given, 'b', 'slow-server', ['80', '0', '4']);
  runUntilIdle(given, SECOND / 10);
  const first = run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(given, SECOND / 10);
  run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(given, 6 * SECOND);
  expect(outputOf(given, first)).toBe('late');
  expect(waitingFor(namespaceOf(given, 'b'), listenerOf(given))).toHaveLength(1);
});

test('somaxconn limits what listen() asks for', () => {
  const given = lab();
  run(given, 'b', 'slow-server', ['80', '100']);
  runUntilIdle(given, SECOND);
  Object.assign(namespaceOf(given, 'b').sysctls, { 'core.somaxconn': '3' });
  expect(backlogOf(namespaceOf(given, 'b'), listenerOf(given))).toBe(3);
});

test('connections that nobody accepted are reset when the listener goes', () => {
  const given = lab();
  const server = run(given, 'b', 'slow-server', ['80', '5']);
  const client = run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(given, 10 * SECOND);
  killProcess(given.network, given.environment, server);
  runUntilIdle(given);
  expect(outputOf(given, client)).toBe('ECONNRESET');
  expect(Object.keys(namespaceOf(given, 'b').sockets)).toEqual([]);
});

test('listeners that share a port share the connections, each always with the same one', () => {
  const given = lab();
  for (const name of ['one', 'two', 'three']) run(given, 'b', 'shared-server', ['80', name]);
  const loner = run(given, 'b', 'tcp-server', ['80']);
  runUntilIdle(given);
  expect(given.network.processes[loner]?.exitCode).toBe(1);
  const answers = Array.from({ length: 60 }, () => {
    const pid = run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
    runUntilIdle(given);
    return outputOf(given, pid);
  });
  const counts = ['one', 'two', 'three'].map(
    (name) => answers.filter((answer) => answer === name).length,
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
  for (const count of counts) expect(count).toBeGreaterThan(8);
});

test('the side that closes first keeps the connection in TIME-WAIT for a minute', () => {
  const given = lab();
  run(given, 'b', 'tcp-server', ['80']);
  const client = run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(given, 10 * SECOND);
  expect(given.network.processes[client]?.exitCode).toBe(0);
  const left = () =>
    Object.values(namespaceOf(given, 'a').sockets).map(({ state, peer }) => [state, peer?.port]);
  expect(left()).toEqual([['TIME-WAIT', 80]]);
  runUntilIdle(given, 60 * SECOND);
  expect(left()).toEqual([]);
});

function inTimeWait() {
  const given = lab();
  run(given, 'b', 'tcp-server', ['80']);
  run(given, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(given, SECOND);
  const waiting = Object.values(namespaceOf(given, 'a').sockets)[0];
  if (!waiting?.peer) throw new Error('nothing waits');
  const syn = packetOfFlow({
    protocol: 'tcp',
    source: waiting.peer,
    destination: waiting.local,
  });
  return { given, waiting, syn };
}

test('a FIN that comes again to TIME-WAIT is acknowledged again; a reset ends the wait', () => {
  const { given, waiting, syn } = inTimeWait();
  const fin: IpPacket = {
    ...syn,
    transport: { ...(syn.transport as TcpSegment), flags: { fin: true, ack: true } },
  };
  sendPacket(given.network, given.environment, 'b', fin, openTrace(given));
  runUntilIdle(given, 30);
  expect(namespaceOf(given, 'a').sockets[waiting.id]?.state).toBe('TIME-WAIT');
  runUntilIdle(given, SECOND);
  // b has forgotten the connection: the acknowledgement is answered with a reset.
  expect(stepsOf(given).map(({ flags }) => flags)).toContainEqual({ rst: true });
  expect(namespaceOf(given, 'a').sockets).toEqual({});
});

test('a SYN to a port in TIME-WAIT is answered as if nobody waited there', () => {
  const { given, syn } = inTimeWait();
  sendPacket(given.network, given.environment, 'b', syn, openTrace(given));
  runUntilIdle(given, SECOND);
  expect(namespaceOf(given, 'a').sockets).toEqual({});
  expect(stepsOf(given).find(({ kind }) => kind === 'refused')).toMatchObject({
    by: 'no-socket',
    place: { machine: 'a' },
  });
});
