import { expect, test } from 'vitest';
import { cyclonusNetpol } from './cyclonus-netpol.ts';

const containers = [{ port: 80, portName: 'serve-80-tcp', protocol: 'TCP' }];
const CLUSTER = {
  namespaces: { x: { ns: 'x' }, y: { ns: 'y' } },
  pods: [
    { namespace: 'x', name: 'a', labels: { pod: 'a' }, ip: '192.168.1.10', containers },
    { namespace: 'x', name: 'b', labels: { pod: 'b' }, ip: '192.168.1.11', containers },
    { namespace: 'y', name: 'a', labels: { pod: 'a' }, ip: '192.168.2.10', containers },
  ],
};

const onlyFrom = (from: unknown) => ({
  createPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'x', name: 'only' },
    spec: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ from: [from] }] },
  },
});

const step = (actions: unknown, combined: readonly string[], podOrder = ['x/a', 'x/b', 'y/a']) => ({
  actions,
  podOrder,
  expected: { 'TCP/80': { combined } },
});

const resultOf = (steps: unknown) =>
  cyclonusNetpol.run({ cluster: CLUSTER, cases: [{ id: 'case', steps }] });

test(
  'policies, labels, pods and namespaces change from step to step, and policies follow',
  { timeout: 60_000 },
  () => {
    const fromReds = onlyFrom({ namespaceSelector: { matchLabels: { team: 'red' } } });
    const result = resultOf([
      step(null, ['...', '...', '...']),
      step([fromReds], ['...', 'X..', 'X..']),
      step(
        [{ setNamespaceLabels: { namespace: 'y', labels: { ns: 'y', team: 'red' } } }],
        ['...', 'X..', '...'],
      ),
      step([{ setNamespaceLabels: { namespace: 'y', labels: {} } }], ['...', 'X..', 'X..']),
      step(
        [{ setPodLabels: { namespace: 'x', pod: 'a', labels: { other: 'a' } } }],
        ['...', '...', '...'],
      ),
      step(
        [
          { setPodLabels: { namespace: 'x', pod: 'a', labels: { pod: 'a' } } },
          { createNamespace: { namespace: 'z', labels: { team: 'red' } } },
          { createPod: { namespace: 'z', pod: 'c', labels: { pod: 'c' } } },
        ],
        ['....', 'X...', 'X...', '....'],
        ['x/a', 'x/b', 'y/a', 'z/c'],
      ),
      step([{ deletePod: { namespace: 'z', pod: 'c' } }], ['...', 'X..', 'X..']),
      step([{ deleteNamespace: { namespace: 'z' } }], ['...', 'X..', 'X..']),
      step([{ deletePolicy: { namespace: 'x', name: 'only' } }], ['...', '...', '...']),
    ]);
    expect(result.failures).toEqual([]);
    expect(result.total).toBe(8 * 6 + 12);
    expect(result.apart).toMatchObject([
      { name: 'a pod reaches itself', passed: 28, total: 28 },
      { name: 'by rules of nftables, one case in 3', passed: 60, total: 60 },
      { name: 'a pod reaches itself, by rules of nftables, one case in 3', passed: 28, total: 28 },
    ]);
  },
);

test('a wrong table is told from the cluster, and what is not asked is not counted', () => {
  const result = resultOf([step([onlyFrom({ podSelector: {} })], ['.-X', '.N.', '..'])]);
  expect(result.total).toBe(5);
  expect(result.failures.map(({ probe, expected, seen }) => [probe, expected, seen])).toEqual([
    ['x/a -> y/a TCP/80', 'X', '.'],
    ['y/a -> x/a TCP/80', '.', 'X'],
  ]);
});
