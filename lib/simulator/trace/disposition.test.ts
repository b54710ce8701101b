import { expect, test } from 'vitest';
import type { Flow } from '../base/flow.ts';
import { dispositionOf } from './disposition.ts';
import type { Step } from './step.ts';

const flow = (from: number, to: number, protocol: Flow['protocol'] = 'tcp'): Flow => ({
  protocol,
  source: { address: '10.0.0.1', port: from },
  destination: { address: '10.0.0.2', port: to },
});
const place = { machine: 'a' };
const base = (packet: number, of: Flow = flow(40000, 80)) => ({ at: 0, place, packet, flow: of });

const sent = (packet: number, of?: Flow): Step => ({ ...base(packet, of), kind: 'sent' });
const delivered = (packet: number, of?: Flow): Step => ({
  ...base(packet, of),
  kind: 'delivered',
  process: 'nginx',
  socket: ':80',
});
const refused = (packet: number, of?: Flow): Step => ({
  ...base(packet, of),
  kind: 'refused',
  by: 'no-socket',
  answer: 'tcp-reset',
});
const dropped = (
  packet: number,
  reason: Extract<Step, { kind: 'dropped' }>['reason'],
  of?: Flow,
): Step => ({ ...base(packet, of), kind: 'dropped', reason });
const hears = (answers: string[], responseCode: 'NOERROR' | 'NXDOMAIN' = 'NOERROR'): Step => ({
  ...base(1, flow(40000, 53, 'udp')),
  kind: 'dns',
  side: 'hears',
  name: 'x.',
  type: 'A',
  server: '10.96.0.10',
  responseCode,
  answers,
});
const answered: Step = { ...base(9), kind: 'http', side: 'hears', line: 'HTTP/1.1 200 OK' };
const ofError = flow(0, 0, 'icmp');
const withFin = (step: Step): Step => ({ ...step, flags: { fin: true, ack: true } });

test.each<[string, Step[], string]>([
  ['nothing', [], 'in-flight'],
  ['a packet under way', [sent(1)], 'in-flight'],
  ['a packet that reached a socket', [sent(1), delivered(1)], 'delivered'],
  [
    'a SYN whose answer is under way',
    [sent(1), delivered(1), sent(2, flow(80, 40000))],
    'in-flight',
  ],
  [
    'a refusal, with the RST on its way',
    [sent(1), refused(1), { ...sent(2), flags: { rst: true } }],
    'refused',
  ],
  ['a silent drop', [sent(1), dropped(1, 'netfilter-drop')], 'dropped'],
  ['no route', [sent(1), dropped(1, 'no-route')], 'unreachable'],
  [
    'no neighbour, told by an ICMP error that arrives',
    [sent(1), dropped(1, 'neighbour-failed'), sent(2, ofError), delivered(2, ofError)],
    'unreachable',
  ],
  [
    'a retransmission that arrives',
    [sent(1), dropped(1, 'no-carrier'), sent(2), delivered(2)],
    'delivered',
  ],
  [
    'a flooded copy that nobody wanted',
    [sent(1), delivered(1), dropped(1, 'not-for-us')],
    'delivered',
  ],
  ['only copies that nobody wanted', [sent(1), dropped(1, 'not-for-us')], 'dropped'],
  [
    'a FIN that comes too late',
    [sent(1), delivered(1), withFin(sent(2)), withFin(refused(2))],
    'delivered',
  ],
  [
    'an HTTP answer, whatever came after',
    [sent(1), delivered(1), answered, dropped(2, 'netfilter-drop')],
    'delivered',
  ],
  [
    'a name that does not exist',
    [sent(1, flow(40000, 53, 'udp')), hears([], 'NXDOMAIN')],
    'unresolved',
  ],
  ['a look-up alone', [sent(1, flow(40000, 53, 'udp')), hears(['10.96.0.17'])], 'delivered'],
  ['a look-up, then a refusal', [hears(['10.96.0.17']), sent(2), refused(2)], 'refused'],
  [
    'a name server that cannot be reached',
    [sent(1, flow(40000, 53, 'udp')), dropped(1, 'netfilter-drop', flow(40000, 53, 'udp'))],
    'dropped',
  ],
])('%s', (_, steps, expected) => {
  expect(dispositionOf(steps)).toBe(expected);
});

test('a retransmission under way is no news for a sender that an ICMP error has reached', () => {
  const error = { ...delivered(2, ofError), at: 5 };
  const again = (at: number) => ({ ...sent(3), at });
  expect(dispositionOf([sent(1), dropped(1, 'neighbour-failed'), error, again(4)])).toBe(
    'unreachable',
  );
  expect(dispositionOf([sent(1), dropped(1, 'neighbour-failed'), error, again(6)])).toBe(
    'in-flight',
  );
});

test('a client that gave up while its packet said nothing was not answered', () => {
  expect(dispositionOf([sent(1)], { exitCode: 28 })).toBe('dropped');
  expect(dispositionOf([sent(1)], { exitCode: 0 })).toBe('in-flight');
});

const reply = (step: Step): Step => ({
  ...step,
  flow: { protocol: 'tcp', source: flow(0, 80).destination, destination: flow(40000, 0).source },
});
const elsewhere = (step: Step): Step => ({ ...step, place: { machine: 'router' } });
const withRst = (step: Step): Step => ({ ...step, flags: { rst: true } });
const notSent = (reason: Extract<Step, { kind: 'not-sent' }>['reason']): Step => ({
  ...base(1),
  kind: 'not-sent',
  call: 'connect',
  process: 'curl',
  error: 'ENETUNREACH',
  reason,
});

test.each<[string, Step[], string]>([
  [
    'an answer that is dropped',
    [sent(1), delivered(1), reply(sent(2)), elsewhere(reply(dropped(2, 'netfilter-drop')))],
    'answer-lost',
  ],
  [
    'a SYN sent again to a server whose answer was dropped',
    [
      sent(1),
      delivered(1),
      reply(sent(2)),
      elsewhere(reply(dropped(2, 'netfilter-drop'))),
      sent(3),
      delivered(3),
    ],
    'answer-lost',
  ],
  [
    'an answer without a route',
    [sent(1), delivered(1), reply(sent(2)), elsewhere(reply(dropped(2, 'no-route')))],
    'answer-lost',
  ],
  [
    'an answer that was lost and another that was not',
    [
      sent(1),
      delivered(1),
      reply(sent(2)),
      elsewhere(reply(dropped(2, 'netfilter-drop'))),
      reply(sent(3)),
      reply(delivered(3)),
    ],
    'delivered',
  ],
  [
    'a refusal whose RST is dropped',
    [
      sent(1),
      refused(1),
      withRst(reply(sent(2))),
      withRst(elsewhere(reply(dropped(2, 'netfilter-drop')))),
    ],
    'answer-lost',
  ],
  [
    'a refusal whose RST comes home to a raw socket',
    [sent(1), refused(1), withRst(reply(sent(2))), withRst(reply(dropped(2, 'no-socket')))],
    'refused',
  ],
  [
    'no route at a router, whose ICMP error is lost',
    [
      sent(1),
      elsewhere(dropped(1, 'no-route')),
      elsewhere(sent(2, ofError)),
      elsewhere(dropped(2, 'netfilter-drop', ofError)),
    ],
    'dropped',
  ],
  ['a call without a route', [notSent('no-route')], 'unreachable'],
  ['a call without a free port', [notSent('ports-used-up')], 'not-sent'],
  [
    'a call without a route to one address, and a connection to another',
    [sent(2), delivered(2), notSent('no-route')],
    'delivered',
  ],
])('%s', (_, steps, expected) => {
  expect(dispositionOf(steps)).toBe(expected);
});
