import { expect, test } from 'vitest';
import { openSandbox } from '../scenario/sandbox.ts';
import { ENGINE_VERSION } from '../scenario/transcript.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { answerReach, type ReachRequest } from './answer-reach.ts';
import { compareReachability } from './compare-reachability.ts';
import { viewReachability } from './reachability.ts';

const aDeployment = (name: string, replicas: number, ports: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: main, image: nginx, ports: [${ports}]}]}
`;
const WORKLOADS = [
  aDeployment('db', 1, '{containerPort: 80, name: http}'),
  aDeployment('web', 2, '{containerPort: 80}'),
  aDeployment('job', 1, ''),
];
const policy = (spec: string, kind = 'NetworkPolicy') => `
apiVersion: networking.k8s.io/v1
kind: ${kind}
metadata: {name: db}
spec: ${spec}
`;
const DB_FOR_WEB = policy(
  '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: http}]}]}',
);

const open = (manifests: readonly string[], cluster: Partial<ClusterOptions> = { cni: 'bgp' }) =>
  openSandbox({
    version: ENGINE_VERSION,
    scenario: { name: 'reach', cluster, manifests: [...manifests], namespace: 'default' },
    seed: 'reach',
    actions: [],
  }).cluster;

function ask(
  manifests: readonly string[],
  request: ReachRequest,
  cluster?: Partial<ClusterOptions>,
) {
  const answer = answerReach(open(manifests, cluster), request);
  return 'problem' in answer ? answer.problem : answer.text;
}

test('the matrix has a row for each workload and the outside, as far as policies tell it apart', () => {
  const text = ask([...WORKLOADS, DB_FOR_WEB], { ask: 'matrix', namespaces: ['default'] });
  expect(text).toBe(
    [
      '1  default/db         TCP 80 (http)',
      '2  default/job        any port',
      '3  default/web        TCP 80',
      '4  203.0.113.0/24     any port',
      '5  outside, the rest  any port',
      '',
      '                   1  2  3  4  5',
      'default/db         ·  ✓  ✓  ✓  ✓',
      'default/job        -  ·  ✓  ✓  ✓',
      'default/web        ✓  ✓  ✓  ✓  ✓',
      '203.0.113.0/24     ✓  ✓  ✓',
      'outside, the rest  -  ✓  ✓',
      '',
      '✓ may talk, - may not, ~ some pods or ports, ? undecidable, · a pod and itself. Rows ask, columns are asked.',
      '',
    ].join('\n'),
  );
});

test('where nobody enforces policies everything passes, and the picture says so', () => {
  const cluster = open([...WORKLOADS, DB_FOR_WEB], { cni: 'vxlan' });
  const { cells, enforcement } = viewReachability(cluster);
  expect(new Set(cells.flat().map(({ state }) => state))).toEqual(
    new Set(['reachable', 'self', 'not-asked']),
  );
  expect(enforcement).toMatchObject({
    where: 'nowhere',
    ignoredOn: ['node-a', 'node-b'],
    ignored: [{ kind: 'NetworkPolicy', namespace: 'default', name: 'db' }],
  });
});

test('pods of a workload that differ make a cell that is partly reachable, and unfold to rows', () => {
  const one = `
apiVersion: v1
kind: Pod
metadata: {name: web-of-its-own, labels: {app: web, pod-template-hash: own}}
spec: {containers: [{name: main, image: nginx, ports: [{containerPort: 80}]}]}
`;
  const only = policy(
    '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web, pod-template-hash: own}}}]}]}',
  );
  const cluster = open([...WORKLOADS, one.replace('web-of-its-own', 'web-own'), only]);
  const namespaces = ['default'];
  const cellOf = (unfold: readonly string[], row: string) => {
    const { ends, rows, cells } = viewReachability(cluster, { namespaces, unfold });
    return cells[rows.findIndex((end) => ends[end]?.id === row)]?.[0];
  };
  expect(cellOf([], 'default/web')).toEqual({ state: 'partly', admitted: 1, pairs: 3 });
  expect(cellOf(['default/web'], 'default/web-own')?.state).toBe('reachable');
});

test('in focus are one row and its columns', () => {
  const { cells, ends, columns } = viewReachability(open(WORKLOADS), { focus: 'default/db' });
  cells.forEach((row, from) => {
    row.forEach(({ state }, index) => {
      const isOf = [from, columns[index]?.to ?? -1].some((end) => ends[end]?.id === 'default/db');
      expect(state === 'not-asked').toBe(!isOf);
    });
  });
});

test('pictures before and after differ by the cells that were gained and lost', () => {
  const [before, after] = [open(WORKLOADS), open([...WORKLOADS, DB_FOR_WEB])].map((cluster) =>
    viewReachability(cluster, { namespaces: ['default'], port: { protocol: 'TCP', port: 80 } }),
  );
  const change = before && after && compareReachability(before, after);
  expect(change?.gained).toEqual([]);
  expect(change?.lost).toContainEqual({
    from: 'default/job',
    to: 'default/db',
    port: { protocol: 'TCP', port: 80 },
  });
  expect(change?.lost.map(({ from }) => from)).not.toContain('default/web');
});

test('a range that only one picture tells apart is compared with what it was part of', () => {
  const hole = policy(
    '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}]}]}',
  );
  const [open80, shut] = [open(WORKLOADS), open([...WORKLOADS, hole])].map((cluster) =>
    viewReachability(cluster, { namespaces: ['default'], port: { protocol: 'TCP', port: 80 } }),
  );
  const key = { from: '203.0.113.0/24', to: 'default/db', port: { protocol: 'TCP', port: 80 } };
  const taken = open80 && shut && compareReachability(open80, shut);
  expect(taken).toEqual({ gained: [], lost: [key] });
  const given = open80 && shut && compareReachability(shut, open80);
  expect(given).toEqual({ gained: [key], lost: [] });
});

test('what a policy took and gave is told by pairs and ports', () => {
  const before = open([...WORKLOADS, DB_FOR_WEB.replace('app: web', 'app: job')]);
  const answer = ask([...WORKLOADS, DB_FOR_WEB], { ask: 'difference', before });
  expect(answer).toBe('- default/job => default/db: TCP 80\n+ default/web => default/db: TCP 80\n');
  expect(ask(WORKLOADS, { ask: 'difference', before: open(WORKLOADS) })).toBe(
    'Nothing gained, nothing lost.\n',
  );
});

test('exposure: whom the rules would let in that does not exist yet', () => {
  const spec =
    '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [red, blue]}]}, podSelector: {}}], ports: [{port: 80}]}, {from: [{podSelector: {}}]}]}';
  expect(ask([...WORKLOADS, policy(spec)], { ask: 'exposure', of: 'default/db' })).toBe(
    [
      'any new pod in any namespace => default/db: none',
      'any new pod in namespace team in (blue,red) => default/db: TCP 80',
      'any new pod in namespace default => default/db: all',
      'default/db => any new pod in any namespace: none',
      '',
    ].join('\n'),
  );
});

test('a cell is explained by every policy that was asked', () => {
  const request: ReachRequest = { ask: 'cell', from: 'default/job', to: 'default/db' };
  const answer = answerReach(open([...WORKLOADS, DB_FOR_WEB]), request);
  expect(answer).toMatchObject({
    exitCode: 1,
    text: expect.stringContaining('* Does not admit  NetworkPolicy default/db') as string,
  });
  expect(ask(WORKLOADS, { ...request, to: 'default/nobody:80' })).toBe(
    'there is no workload, pod or address default/nobody',
  );
  expect(ask(WORKLOADS, { ...request, to: 'default/job' })).toBe(
    'default/job declares no port: say one, as default/job:80',
  );
});

test('pairs with all their ports, one a line', () => {
  const text = ask([...WORKLOADS, DB_FOR_WEB], { ask: 'list' });
  expect(text).toContain('default/web => default/db: TCP 80\n');
  expect(text).toContain('203.0.113.0/24 => default/db: TCP 80\n');
  expect(text).not.toContain('default/job => default/db');
});
