import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const TSX = path.resolve('node_modules/tsx/dist/cli.mjs');
const CLI = path.resolve('lib/simulator/sim.cli.ts');
const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: {name: server, labels: {app: server}}
spec: {containers: [{name: server, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {app: server}, ports: [{port: 80}]}
`;

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hopwise-sim-'));
  file = path.join(folder, 'server.yaml');
  writeFileSync(file, MANIFEST);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sim = (...args: string[]) =>
  spawnSync(process.execPath, [TSX, CLI, ...args], { encoding: 'utf8', timeout: 60_000 });

test('trace prints the hops and how the request ended', { timeout: 60_000 }, () => {
  const { stdout } = sim('trace', '--file', file, '--from', 'default/server', '--to', 'front:80');
  expect(stdout).toContain('PREROUTING');
  expect(stdout).toContain('delivered: {"status":200}');
});

test('dns, http, rules and reach answer for the same manifests', { timeout: 120_000 }, () => {
  expect(
    sim('dns', '--file', file, '--from', 'default/server', 'kubernetes.default').stdout,
  ).toContain('QUESTION SECTION');
  expect(sim('http', '--file', file, '--from', 'node-a', 'http://192.168.10.1').status).not.toBe(0);
  expect(sim('rules', '--file', file, '--node', 'node-a').stdout).toMatch(/^\*nat$/m);
  const packets = sim('reach', '--file', file, '--packets', '--json').stdout;
  const pairs = JSON.parse(packets) as { from: string }[];
  expect(pairs.some(({ from }) => from === 'default/server')).toBe(true);
});

const POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: server}
spec:
  podSelector: {matchLabels: {app: server}}
  ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}], ports: [{port: 80}]}]
`;

test('reach prints a table and lint its findings', { timeout: 120_000 }, () => {
  const more = path.join(folder, 'policy.yaml');
  writeFileSync(
    more,
    `${POLICY}---${POLICY.replace('name: server', 'name: lost').replace('app: server', 'app: nobody')}`,
  );
  const given = ['--file', file, '--file', more];
  const table = sim('reach', ...given);
  expect([table.status, table.stdout]).toEqual([0, expect.stringMatching(/^outside +- +✓/m)]);
  const from = sim('reach', ...given, '--from', '203.0.113.9', '--to', 'default/server:80');
  expect([from.status, from.stdout]).toEqual([
    1,
    expect.stringContaining('* Does not admit  NetworkPolicy default/server'),
  ]);
  const found = sim('lint', ...given);
  expect([found.status, found.stdout]).toEqual([1, expect.stringContaining('selects-nothing')]);
  expect(sim('reach', ...given, '--exposure', 'default/nobody').status).toBe(2);
  const options = path.join(folder, 'ignored.yaml');
  writeFileSync(options, 'networkPolicies: ignored\n');
  expect(sim('reach', ...given, '--cluster', options).stdout).toMatch(/^outside +✓/m);
});

test.each([
  ['no verb', []],
  ['an unknown verb', ['fly']],
  ['a missing flag', ['trace', '--to', 'x']],
])('%s is refused with help', { timeout: 60_000 }, (_name, args) => {
  expect(sim(...args).status).toBe(2);
});

test(
  'a file brings another cluster, and what an installer would refuse is said',
  {
    timeout: 120_000,
  },
  () => {
    const options = path.join(folder, 'options.yaml');
    writeFileSync(options, 'podCidr: 10.50.0.0/16\nproxyMode: nftables\n');
    const { stdout } = sim('rules', '--cluster', options, '--node', 'node-a');
    expect(stdout).toContain('-s 10.50.0.0/24');
    writeFileSync(options, 'podCidr: 10.50.0.0/25\nnodes: [{name: a, address: 10.0.0.1}]\n');
    const refused = sim('rules', '--cluster', options, '--node', 'node-a');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /^sim: .*: nodes\[0\]\.address: The nodes and their router are/m,
    );
    expect(refused.stderr).toMatch(/^sim: .*: podCidr: Each node gets a \/24 of the pod range/m);
  },
);

test('serve answers GET, list, watch, POST and DELETE', { timeout: 60_000 }, async () => {
  const kubeconfig = path.join(folder, 'kubeconfig');
  const server = spawn(process.execPath, [
    ...[TSX, CLI, 'serve', '--port', '0', '--file', file, '--kubeconfig', kubeconfig],
  ]);
  try {
    const address = await new Promise<string>((resolve) => {
      server.stdout.on('data', (chunk: Buffer) => {
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(chunk.toString());
        if (found) resolve(found[0]);
      });
    });
    expect(readFileSync(kubeconfig, 'utf8')).toContain(address);
    const pods = `${address}/api/v1/namespaces/default/pods`;
    const table = await fetch(pods, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    }).then((answer) => answer.json() as Promise<{ kind: string; rows: unknown[] }>);
    expect([table.kind, table.rows.length]).toEqual(['Table', 1]);
    const watch = await fetch(`${pods}?watch=true`);
    const reader = watch.body!.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    expect(first).toContain('"type":"ADDED"');
    await reader.cancel();
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes' } };
    const maps = `${address}/api/v1/namespaces/default/configmaps`;
    const headers = { 'content-type': 'application/json' };
    const created = await fetch(maps, { method: 'POST', headers, body: JSON.stringify(map) });
    expect(created.status).toBe(201);
    const deleted = await fetch(`${maps}/notes`, { method: 'DELETE' });
    expect(deleted.status).toBe(200);
    expect((await fetch(`${maps}/notes`)).status).toBe(404);
  } finally {
    server.kill('SIGTERM');
  }
});
