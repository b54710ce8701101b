import { expect, test } from 'vitest';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { aPod } from '../../testing/objects.ts';
import { expandVariables } from './container-environment.ts';
import { podDns } from './pod-dns.ts';
import { podHostname, podHosts } from './pod-files.ts';

const HOST = 'search corp.example\nnameserver 192.168.10.1\noptions edns0\n';
const CLUSTER_SEARCH = 'default.svc.cluster.local svc.cluster.local cluster.local corp.example';

test.each([
  ['the default', {}, `search ${CLUSTER_SEARCH}\nnameserver 10.96.0.10\noptions ndots:5\n`],
  ['on the host network', { hostNetwork: true }, HOST],
  [
    'on the host network, but the cluster asked for',
    { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    `search ${CLUSTER_SEARCH}\nnameserver 10.96.0.10\noptions ndots:5\n`,
  ],
  ['as the node has it', { dnsPolicy: 'Default' }, HOST],
  [
    'None with its own configuration',
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['1.1.1.1'],
        searches: ['a.b'],
        options: [{ name: 'ndots', value: '1' }, { name: 'rotate' }],
      },
    },
    'search a.b\nnameserver 1.1.1.1\noptions ndots:1 rotate\n',
  ],
  [
    'ndots replaced, a search added',
    { dnsConfig: { searches: ['x.y'], options: [{ name: 'ndots', value: '2' }] } },
    `search ${CLUSTER_SEARCH} x.y\nnameserver 10.96.0.10\noptions ndots:2\n`,
  ],
] as const)('resolv.conf: %s', (_, spec, expected) => {
  const pod = aPod('web', spec as unknown as Parameters<typeof aPod>[1]);
  expect(podDns(pod, HOST, DEFAULT_CLUSTER)).toEqual({ resolvConf: expected, problems: [] });
});

test('the hosts file names the pod, its subdomain and its aliases', () => {
  const spec = {
    hostname: 'db-0',
    subdomain: 'db',
    hostAliases: [{ ip: '10.9.9.9', hostnames: ['a', 'b'] }],
  };
  const text = podHosts(aPod('db-0', spec), ['10.244.1.5'], 'db-0', '', DEFAULT_CLUSTER);
  expect(text.split('\n').slice(0, 2)).toEqual([
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
  ]);
  expect(text.split('\n').slice(-5)).toEqual([
    '10.244.1.5\tdb-0.db.default.svc.cluster.local\tdb-0',
    '',
    '# Entries added by HostAliases.',
    '10.9.9.9\ta\tb',
    '',
  ]);
});

test.each([
  ['the name', aPod('web'), 'web'],
  ['cut to 63', aPod(`${'a'.repeat(62)}-bcd`), 'a'.repeat(62)],
  ['asked for', aPod('web', { hostname: 'www' }), 'www'],
  ['of the node', aPod('web', { hostNetwork: true }), 'node-a'],
])('host name: %s', (_, pod, expected) => {
  expect(podHostname(pod, 'node-a')).toBe(expected);
});

test.each([
  ['known', '$(A)-$(B)', '1-2'],
  ['unknown stays', '$(C)', '$(C)'],
  ['escaped', '$$(A)', '$(A)'],
  ['no parentheses', '$A', '$A'],
])('variables in a command: %s', (_, text, expected) => {
  expect(expandVariables(text, { A: '1', B: '2' })).toBe(expected);
});

test('a fourth nameserver is left out, and the kubelet says so', () => {
  const host = 'nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n';
  const pod = aPod('web', { dnsPolicy: 'Default', dnsConfig: { nameservers: ['10.0.0.4'] } });
  expect(podDns(pod, host, DEFAULT_CLUSTER)).toEqual({
    resolvConf: host,
    problems: [
      'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.0.0.1 10.0.0.2 10.0.0.3',
    ],
  });
});

test.each([
  ['33 domains', Array.from({ length: 33 }, (_, i) => `d${i}`), 32],
  ['too many characters', Array.from({ length: 20 }, (_, i) => `${i}${'x'.repeat(198)}`), 10],
  ['a domain that no resolver takes', ['a', 'b'.repeat(256)], 1],
])('search paths that do not fit: %s', (_, searches, kept) => {
  const spec = { dnsPolicy: 'None' as const, dnsConfig: { nameservers: ['10.0.0.4'], searches } };
  const { resolvConf, problems } = podDns(aPod('web', spec), '', DEFAULT_CLUSTER);
  const line = /^search (.*)$/m.exec(resolvConf)?.[1] ?? '';
  expect(line.split(' ')).toEqual(searches.slice(0, kept));
  expect(problems).toEqual([
    `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${line}`,
  ]);
});
