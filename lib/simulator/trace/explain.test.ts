import { expect, test } from 'vitest';
import type { Flow } from '../base/flow.ts';
import { explain } from './explain.ts';
import { printTrace } from './print-trace.ts';
import type { DropReason, Place, Step } from './step.ts';

const flow: Flow = {
  protocol: 'tcp',
  source: { address: '10.244.1.7', port: 41288 },
  destination: { address: '10.96.40.17', port: 80 },
};
const rewritten: Flow = { ...flow, destination: { address: '10.244.2.5', port: 8080 } };
const answer: Flow = { ...flow, source: rewritten.destination, destination: flow.source };
const pod: Place = { machine: 'node-a', netns: 'shop/web-7c9d', device: 'eth0' };
const node: Place = { machine: 'node-a' };
const bridge: Place = { machine: 'node-a', device: 'cni0' };

const at = (place: Place, of = flow, packet = 1) => ({ at: 0, place, packet, flow: of });
const rule = (chain: string, text: string, matched = true) => ({ chain, number: 1, text, matched });

const netfilter = (more: Partial<Extract<Step, { kind: 'netfilter' }>>): Step => ({
  ...at(node),
  kind: 'netfilter',
  hook: 'PREROUTING',
  table: 'nat',
  rules: [rule('KUBE-SEP-X', '-A KUBE-SEP-X -j DNAT')],
  compared: 9,
  verdict: 'dnat',
  after: rewritten,
  ...more,
});
const route = (text: string, place = node): Step => ({
  ...at(place),
  kind: 'route',
  table: 'main',
  considered: [{ text }],
  chosen: text === '' ? -1 : 0,
});
const dropped = (reason: DropReason): Step => ({ ...at(node), kind: 'dropped', reason });
const refused = (by: 'no-socket' | 'netfilter', reply: 'tcp-reset' | 'port-unreachable'): Step => ({
  ...at(node),
  kind: 'refused',
  by,
  answer: reply,
});

test.each<[string, Step[], string]>([
  [
    'sent',
    [{ ...at(pod), kind: 'sent', process: 'curl' }],
    'web-7c9d · socket: `curl` sends to `10.96.40.17:80`',
  ],
  [
    'route of a pod',
    [route('default via 10.244.1.1 dev eth0', pod)],
    'web-7c9d · eth0: Default route: `via 10.244.1.1 dev eth0`',
  ],
  [
    'route of a node',
    [route('10.244.2.0/24 via 192.168.10.12 dev eth0')],
    'node-a · route: `10.244.2.0/24 via 192.168.10.12`',
  ],
  ['no route', [route(''), dropped('no-route')], 'node-a · route: No route leads to `10.96.40.17`'],
  [
    'neighbour',
    [
      { ...at(node), kind: 'neighbour', address: '10.244.2.9', mac: undefined },
      dropped('neighbour-failed'),
    ],
    'node-a · ARP: Nobody answers ARP for `10.244.2.9`',
  ],
  [
    'bridge, up',
    [{ ...at(bridge), kind: 'bridge', mac: 'aa', decision: 'local' }],
    "node-a · cni0: Frame is for the bridge's own MAC: up to the node",
  ],
  [
    'bridge, to a port',
    [
      {
        ...at(bridge),
        kind: 'bridge',
        mac: '0a:58:0a:f4:02:05',
        decision: 'forward',
        port: 'veth8b2e',
      },
    ],
    'node-a · cni0: FDB: `0a:58:0a:f4:02:05` on `veth8b2e`',
  ],
  [
    'bridge, flood',
    [{ ...at(bridge), kind: 'bridge', mac: 'aa', decision: 'flood' }],
    'node-a · cni0: FDB does not know `aa`: out of every port',
  ],
  [
    'netfilter, dnat',
    [netfilter({})],
    'node-a · PREROUTING: `KUBE-SEP-X` rewrites the destination',
  ],
  [
    'netfilter, masquerade',
    [
      netfilter({
        hook: 'POSTROUTING',
        verdict: 'masquerade',
        rules: [rule('KUBE-POSTROUTING', '')],
        after: { ...flow, source: { address: '192.168.10.11', port: 9 } },
      }),
    ],
    'node-a · POSTROUTING: `KUBE-POSTROUTING` rewrites the source: replies come back to `192.168.10.11`',
  ],
  [
    'netfilter, drop',
    [
      netfilter({
        hook: 'FORWARD',
        table: 'filter',
        verdict: 'drop',
        after: flow,
        rules: [rule('DENY', '-A DENY -j DROP')],
      }),
      dropped('netfilter-drop'),
    ],
    'node-a · FORWARD: `DENY` drops the packet: nobody is told',
  ],
  [
    'netfilter, reject',
    [
      netfilter({ hook: 'FORWARD', table: 'filter', verdict: 'reject', after: flow }),
      refused('netfilter', 'port-unreachable'),
    ],
    'node-a · FORWARD: A rule refuses the packet: ICMP port unreachable goes back',
  ],
  [
    'netfilter, policy',
    [
      netfilter({
        hook: 'FORWARD',
        table: 'filter',
        verdict: 'accept',
        after: flow,
        rules: [
          {
            ...rule('KUBE-NWPLCY-X', '-A KUBE-NWPLCY-X -j MARK --set-xmark 0x10000/0x10000'),
            because: {
              kind: 'NetworkPolicy',
              namespace: 'shop',
              name: 'in',
              detail: '.spec.ingress[0].from[1]',
            },
          },
        ],
      }),
    ],
    'node-a · ingress policy: NetworkPolicy `shop/in` admits this connection: ingress rule 1, peer 2',
  ],
  [
    'conntrack',
    [{ ...at(node), kind: 'conntrack', state: 'established', entry: 'tcp 6', after: rewritten }],
    'node-a · conntrack: conntrack: a known connection, the destination is rewritten as its first packet was',
  ],
  [
    'delivered',
    [
      {
        ...at(pod),
        flags: { syn: true },
        kind: 'delivered',
        process: 'nginx',
        socket: '0.0.0.0:80',
      },
    ],
    'web-7c9d · socket: Listening on `:80`',
  ],
  [
    'refused',
    [refused('no-socket', 'tcp-reset')],
    'node-a · socket: Nothing listens on `:80`: a TCP reset goes back',
  ],
  [
    'dropped',
    [dropped('not-forwarding')],
    'node-a · kernel: `net.ipv4.ip_forward` is 0: this machine forwards nothing',
  ],
  [
    'dns, asks',
    [{ ...at(pod), kind: 'dns', side: 'asks', name: 'catalog.', type: 'A', server: '10.96.0.10' }],
    'web-7c9d · resolver: Asks `10.96.0.10` for `catalog.` A',
  ],
  [
    'dns, hears',
    [
      {
        ...at(pod),
        kind: 'dns',
        side: 'hears',
        name: 'catalog.',
        type: 'A',
        server: '10.96.0.10',
        responseCode: 'NXDOMAIN',
      },
    ],
    'web-7c9d · resolver: Hears of `catalog.` A: NXDOMAIN',
  ],
  [
    'http',
    [{ ...at(pod), kind: 'http', side: 'asks', line: 'GET / HTTP/1.1' }],
    'web-7c9d · HTTP: Asks `GET / HTTP/1.1`',
  ],
])('%s is one hop in plain words', (_, steps, text) => {
  expect(explain(steps).map(({ title, sentence }) => `${title}: ${sentence}`)).toEqual([text]);
});

test.each<DropReason>([
  'netfilter-drop',
  'no-route',
  'neighbour-failed',
  'ttl-exceeded',
  'not-forwarding',
  'not-for-us',
  'no-carrier',
  'martian-source',
  'rp-filter',
  'no-hairpin',
  'bridge-loop',
  'packet-too-big',
  'no-socket',
  'invalid-state',
  'backlog-full',
])('a packet dropped by %s leaves a sentence', (reason) => {
  const [hop, ...more] = explain([dropped(reason)]);
  expect(more).toEqual([]);
  expect(hop?.sentence).toMatch(/^[A-Z`].{10,}$/);
  expect(hop?.sentence).not.toMatch(/undefined|denies|!/);
});

test('a step that decides little belongs to a hop of its place, and is in its list of steps', () => {
  const [first, second] = explain([
    { ...at(pod), kind: 'sent', process: 'curl' },
    route('default via 10.244.1.1 dev eth0', pod),
    { ...at(pod), kind: 'transmitted', to: bridge },
    { ...at(bridge), kind: 'bridge', mac: 'aa', decision: 'local' },
    netfilter({ verdict: 'accept', after: flow }),
  ]);
  expect(first?.steps).toEqual(['sent', 'route', 'transmitted']);
  expect(second?.steps).toEqual(['bridge', 'netfilter']);
});

test('the answer to a rewritten packet is a reply, an ICMP error too', () => {
  const error: Flow = {
    protocol: 'icmp',
    source: { address: '10.244.1.1', port: 0 },
    destination: { address: '10.244.1.7', port: 0 },
  };
  const hops = explain([
    netfilter({}),
    { ...at(node, answer, 2), kind: 'sent' },
    { ...at(node, error, 3), kind: 'sent' },
    { ...at(node, flow, 4), kind: 'sent' },
  ]);
  expect(hops.map(({ direction }) => direction)).toEqual(['request', 'reply', 'reply', 'request']);
});

test('the line that decided is marked, the reason kept, and the way to see it for oneself told', () => {
  const because = { kind: 'EndpointSlice', namespace: 'shop', name: 'catalog-k7f2p' };
  const rules = [
    rule('KUBE-SERVICES', 'no', false),
    rule('KUBE-SERVICES', 'jump'),
    rule('KUBE-SEP-X', 'dnat'),
  ];
  const [hop] = explain([netfilter({ rules, because })]);
  expect(hop).toMatchObject({
    layer: 'netfilter',
    because,
    compared: 9,
    command: 'iptables-save -t nat',
    before: flow,
    after: rewritten,
  });
  expect(hop?.lines).toEqual([
    { text: 'jump', isDeciding: false },
    { text: 'dnat', isDeciding: true },
  ]);
});

test('a trace as text names packets, hops, rewrites and the end', () => {
  expect(
    printTrace([
      { ...at(pod), flags: { syn: true }, kind: 'sent' },
      netfilter({ flags: { syn: true } }),
      dropped('no-carrier'),
    ]),
  ).toBe(
    `packet 1  tcp 10.244.1.7:41288 → 10.96.40.17:80 [SYN]
   1 -> web-7c9d · socket: Sent to 10.96.40.17:80
   2 -> node-a · PREROUTING: KUBE-SEP-X rewrites the destination
          tcp 10.244.1.7:41288 → 10.96.40.17:80
       => tcp 10.244.1.7:41288 → 10.244.2.5:8080
        | -A KUBE-SEP-X -j DNAT
   3 -> node-a · kernel: The link is down: the frame goes nowhere
dropped
`,
  );
});
