import { beforeEach, expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { startCluster } from '../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';
import { TOOLS } from './tools.ts';

let cluster: Cluster;

beforeEach(() => {
  cluster ??= startCluster(DEFAULT_CLUSTER, 'ipset', 1_763_800_000 * SECOND);
  const sets = cluster.network.namespaces['node-a']?.ipsets ?? {};
  for (const name of Object.keys(sets)) delete sets[name];
  for (const line of [
    'create s1 hash:ip',
    'create s2 hash:net comment timeout 600',
    'create s3 hash:ip,port',
    'create s5 bitmap:port range 1-100',
    'create s6 list:set',
    'add s1 10.0.0.1',
    'add s6 s1',
  ])
    expect(run(line)).toEqual(['', 0]);
});

function run(line: string, stdin = ''): [string, number] {
  const place = { type: 'node', node: 'node-a' } as const;
  const context = { cluster, place, namespace: 'default', stdin, files: {} };
  const result = TOOLS['ipset']!(line.split(' ').filter(Boolean), context);
  if (result.type !== 'finished') throw new Error(result.type);
  return [result.stdout + result.stderr, result.exitCode];
}

/** As ipset 7.17 answered on a real kernel. */
test.each([
  ['add s1 10.0.0.1', "ipset v7.17: Element cannot be added to the set: it's already added\n", 1],
  ['add s1 10.0.0.1 -exist', '', 0],
  ['add nosuch 1.1.1.1', 'ipset v7.17: The set with the given name does not exist\n', 1],
  [
    'create s1 hash:ip',
    'ipset v7.17: Set cannot be created: set with the same name already exists\n',
    1,
  ],
  [
    'add s1 foo',
    'ipset v7.17: Syntax error: cannot parse foo: resolving to IPv4 address failed\n',
    1,
  ],
  ['del s1 9.9.9.9', "ipset v7.17: Element cannot be deleted from the set: it's not added\n", 1],
  ['test s1 10.0.0.1', 'Warning: 10.0.0.1 is in set s1.\n', 0],
  ['test s1 9.9.9.9', '9.9.9.9 is NOT in set s1.\n', 1],
  ['destroy s1', 'ipset v7.17: Set cannot be destroyed: it is in use by a kernel component\n', 1],
  ['list nosuch', 'ipset v7.17: The set with the given name does not exist\n', 1],
  [
    'foo',
    "ipset v7.17: No command specified: unknown argument foo\nTry `ipset help' for more information.\n",
    2,
  ],
  ['', "ipset v7.17: No command specified.\nTry `ipset help' for more information.\n", 2],
  ['create x hash:foo', "ipset v7.17: Syntax error: typename 'hash:foo' is unknown\n", 1],
  ['add s5 101', 'ipset v7.17: Element is out of the range of the set\n', 1],
  ['swap s1 s2', 'ipset v7.17: The sets cannot be swapped: their type does not match\n', 1],
  ['add s3 10.0.0.1', 'ipset v7.17: Syntax error: Second element is missing from 10.0.0.1.\n', 1],
  ['list -n', 's1\ns2\ns3\ns5\ns6\n', 0],
])('ipset %s', (line, output, exitCode) => {
  expect(run(line)).toEqual([output, exitCode]);
});

test('what is saved is restored as the same sets', () => {
  run('add s3 10.0.0.1,80');
  run('add s2 10.0.0.9/8 timeout 100');
  const [saved] = run('save');
  expect(saved).toContain('add s3 10.0.0.1,tcp:80\n');
  expect(saved).toContain('add s2 10.0.0.0/8 timeout 100\n');
  expect(run('destroy s6')).toEqual(['', 0]);
  expect(run('destroy')).toEqual(['', 0]);
  expect(run('restore', saved)).toEqual(['', 0]);
  expect(run('save')[0]).toBe(saved);
});
