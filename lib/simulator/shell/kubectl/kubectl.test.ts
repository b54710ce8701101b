import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { seedRandom } from '../../base/random.ts';
import type { Deployment } from '../../api/apps/deployment.ts';
import type { Pod } from '../../api/core/pod.ts';
import { createStore } from '../../apiserver/create-store.ts';
import type { StoreState } from '../../apiserver/store.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { createKubectl, kubectlFollowers } from './kubectl.ts';

interface Recording {
  readonly now: number;
  readonly seed: string;
  readonly state: StoreState;
  readonly files: Record<string, string>;
  readonly commands: readonly {
    readonly args: readonly string[];
    readonly stdout: string;
    readonly stderr: string;
    readonly exitCode: number;
  }[];
}

/** What kubectl 1.35.2 printed, driven over HTTP against `rest.ts` with this state, these files and this clock. */
const recording = JSON.parse(
  readFileSync(new URL('./recorded.json', import.meta.url), 'utf8'),
) as Recording;

function openTerminal() {
  const clock = { now: recording.now };
  const store = createStore({
    state: structuredClone(recording.state),
    now: () => clock.now,
    random: seedRandom(recording.seed),
  });
  const pods = store.list<Pod>('Pod');
  const processes = Object.fromEntries(
    pods.map(({ metadata }, pid) => [
      pid,
      {
        pid,
        namespace: `cni-${metadata.uid}`,
        because: { kind: 'Pod', namespace: 'default', name: metadata.name, detail: 'nginx' },
        output: 'hello\nworld\n',
      },
    ]),
  );
  const context = {
    namespace: 'default',
    stdin: '',
    files: { ...recording.files },
    place: { type: 'workstation' },
    cluster: {
      store,
      options: { kubernetesVersion: '1.35' },
      network: { processes },
      images: {},
      get now() {
        return clock.now;
      },
      get apiServer() {
        return {
          store,
          options: { kubernetesVersion: '1.35' },
          now: clock.now,
          readLog: (namespace: string, pod: string) =>
            store.get<Pod>('Pod', namespace, pod)?.status?.phase === 'Running'
              ? 'hello\nworld\n'
              : undefined,
        };
      },
    },
  } as unknown as CommandContext;
  const kubectl = createKubectl({
    runInPlace: (place, argv): CommandResult => ({
      type: 'finished',
      stdout: `${JSON.stringify(place)} ${argv.join(' ')}\n`,
      stderr: '',
      exitCode: argv[0] === 'false' ? 1 : 0,
    }),
  });
  return {
    store,
    context,
    pass: (seconds: number) => (clock.now += seconds * SECOND),
    run: (...args: string[]) => kubectl(args, context),
  };
}

function output(result: CommandResult): string {
  expect(result.type).toBe('finished');
  const { stdout, stderr } = result as Extract<CommandResult, { type: 'finished' }>;
  return stdout + stderr;
}

/** Uids and versions depend on how many objects were written before. */
const withoutChance = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(
      /(resourceVersion\W+)\d+|[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}/g,
      '$1',
    ),
  );

test('the page prints what kubectl 1.35 prints, byte for byte', () => {
  const terminal = openTerminal();
  expect(recording.commands.length).toBeGreaterThan(150);
  for (const { args, stdout, stderr, exitCode } of recording.commands) {
    const result = terminal.run(...args);
    expect(withoutChance({ args, ...result })).toEqual(
      withoutChance({ args, type: 'finished', stdout, stderr, exitCode }),
    );
  }
});

test('a watch prints what is there, then what changes, under the same columns', () => {
  const terminal = openTerminal();
  const result = terminal.run('get', 'pods', '-w');
  if (result.type !== 'following') throw new Error('get -w goes on');
  expect(result.stdout.split('\n')[0]).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/);
  const poll = () => kubectlFollowers[result.follower]!(result.state, terminal.context);
  expect(poll()).toEqual({ output: '' });
  output(terminal.run('label', 'pod', 'web-7c9d-aaaaa', 'seen=yes'));
  expect(poll().output).toMatch(/^web-7c9d-aaaaa {3}1\/1 +Running +0 +2m5s\n$/);
});

test('a delete says so at once and waits until the pod is gone', () => {
  const terminal = openTerminal();
  const result = terminal.run('delete', 'pod', 'web-7c9d-aaaaa');
  if (result.type !== 'following') throw new Error('delete waits');
  expect(result.stdout).toBe('pod "web-7c9d-aaaaa" deleted from default namespace\n');
  const poll = () => kubectlFollowers[result.follower]!(result.state, terminal.context);
  expect(poll()).toEqual({ output: '' });
  terminal.store.delete('Pod', 'default', 'web-7c9d-aaaaa', { gracePeriodSeconds: 0 });
  expect(poll()).toEqual({ output: '', exitCode: 0 });
});

test('rollout status follows the Deployment to its end', () => {
  const terminal = openTerminal();
  const found = terminal.store.get<Deployment>('Deployment', 'default', 'web')!;
  terminal.store.updateStatus<Deployment>({
    ...found,
    status: { ...found.status, observedGeneration: found.metadata.generation ?? 0 },
  });
  const result = terminal.run('rollout', 'status', 'deploy/web');
  if (result.type !== 'following') throw new Error('the rollout is not over');
  expect(result.stdout).toBe(
    'Waiting for deployment "web" rollout to finish: 1 of 2 updated replicas are available...\n',
  );
  const deployment = terminal.store.get<Deployment>('Deployment', 'default', 'web')!;
  terminal.store.updateStatus<Deployment>({
    ...deployment,
    status: { ...deployment.status, availableReplicas: 2, readyReplicas: 2 },
  });
  expect(kubectlFollowers[result.follower]!(result.state, terminal.context)).toEqual({
    output: 'deployment "web" successfully rolled out\n',
    exitCode: 0,
  });
});

test('wait ends when the condition comes true, or when its time is up', () => {
  const terminal = openTerminal();
  expect(output(terminal.run('wait', '--for=condition=Ready', 'pod/web-7c9d-aaaaa'))).toBe(
    'pod/web-7c9d-aaaaa condition met\n',
  );
  const result = terminal.run(
    'wait',
    '--for=condition=Ready',
    'pod/web-7c9d-bbbbb',
    '--timeout=5s',
  );
  if (result.type !== 'following') throw new Error('it is not ready');
  const poll = () => kubectlFollowers[result.follower]!(result.state, terminal.context);
  expect(poll()).toEqual({ output: '' });
  terminal.pass(5);
  expect(poll()).toEqual({
    output: 'error: timed out waiting for the condition on pods/web-7c9d-bbbbb\n',
    exitCode: 1,
  });
});

test('exec runs a command in the container and an interactive shell moves the prompt', () => {
  const terminal = openTerminal();
  const place = {
    type: 'container',
    namespace: 'default',
    pod: 'web-7c9d-aaaaa',
    container: 'nginx',
  };
  expect(output(terminal.run('exec', 'web-7c9d-aaaaa', '--', 'ls', '-l'))).toBe(
    `${JSON.stringify(place)} ls -l\n`,
  );
  expect(terminal.run('exec', '-it', 'deploy/web', '--', 'sh')).toEqual({ type: 'moved', place });
  expect(output(terminal.run('exec', 'web-7c9d-aaaaa', '--', 'false'))).toContain(
    'command terminated with exit code 1\n',
  );
});

test('the current namespace is a setting of the kubeconfig', () => {
  const terminal = openTerminal();
  output(terminal.run('config', 'set-context', '--current', '--namespace=shop'));
  expect(output(terminal.run('get', 'svc', '-o', 'name'))).toBe('service/headless\n');
  expect(output(terminal.run('config', 'view'))).toContain('    namespace: shop\n');
});

test.each([
  [
    'an unknown command',
    ['foo'],
    'error: unknown command "foo" for "kubectl"\n\nDid you mean this?\n\ttop\n',
  ],
  [
    'an unknown flag',
    ['get', 'pods', '--foo'],
    "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n",
  ],
  [
    'deep YAML',
    ['apply', '-f', 'deep.yaml'],
    'error: error parsing deep.yaml: error converting YAML to JSON: yaml: exceeded max depth of 64\n',
  ],
] as const)('%s is refused in words', (_, args, expected) => {
  const terminal = openTerminal();
  terminal.context.files['deep.yaml'] = `a: ${'['.repeat(5000)}`;
  const result = terminal.run(...args);
  expect(result).toMatchObject({ type: 'finished', exitCode: 1 });
  expect(output(result)).toContain(expected);
});
