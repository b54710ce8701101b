import { expect, test } from 'vitest';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { aPod } from '../../testing/objects.ts';
import { expandVariables } from './container-environment.ts';
import { podHostname, podHosts, podResolvConf } from './pod-files.ts';

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
  expect(podResolvConf(pod, HOST, DEFAULT_CLUSTER)).toBe(expected);
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
