import { MINUTE, parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import { containerProcess } from '../node/kubelet/container-process.ts';
import type { KubeletMemory, PodRuntime } from '../node/kubelet/pod-runtime.ts';
import { finished, type Command, type CommandContext, type CommandResult } from './command.ts';

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

interface SandboxRow {
  readonly runtime: PodRuntime;
  readonly pod: Pod;
  readonly id: string;
  readonly netns: string;
  readonly addresses: readonly string[];
}

interface ContainerRow {
  readonly sandbox: SandboxRow;
  readonly status: ContainerStatus;
  readonly id: string;
}

/** What crictl shows of an id. */
const SHORT = 13;
const short = (id: string) => id.replace(/^sha256:/, '').slice(0, SHORT);

/** units.HumanDuration of docker/go-units. */
function humanDuration(time: Micros): string {
  const seconds = Math.floor(time / SECOND);
  const minutes = Math.floor(time / MINUTE);
  const hours = Math.floor(seconds / 3600 + 0.5);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`;
  return `${Math.floor(hours / 24 / 7)} weeks`;
}

/** text/tabwriter with a least width of 20 and three blanks between, as crictl sets it up; the last cell stays bare. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(20, ...rows.map((row) => (row[column] ?? '').length + 3)),
  );
  const text = (row: readonly string[]) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 20))).join('');
  return rows.map((row) => `${text(row)}\n`).join('');
}

function sandboxesOf({ cluster, place }: CommandContext): SandboxRow[] {
  if (place.type !== 'node') return [];
  const memory = cluster.state.agentMemory[`agent/kubelet/${place.node}`] as
    Partial<KubeletMemory> | undefined;
  return Object.values(memory?.pods ?? {})
    .flatMap((runtime): SandboxRow[] => {
      const pod = cluster.store.get<Pod>('Pod', runtime.namespace, runtime.name);
      const { sandbox } = runtime;
      return pod && sandbox.state === 'ready' ? [{ ...sandbox, runtime, pod }] : [];
    })
    .sort((a, b) => b.runtime.startedAt - a.runtime.startedAt);
}

function containersOf(context: CommandContext): ContainerRow[] {
  return sandboxesOf(context).flatMap((sandbox) =>
    [
      ...(sandbox.pod.status?.containerStatuses ?? []),
      ...(sandbox.pod.status?.initContainerStatuses ?? []),
    ].flatMap((status): ContainerRow[] => {
      const id = status.containerID?.replace(/^containerd:\/\//, '');
      return id === undefined ? [] : [{ sandbox, status, id }];
    }),
  );
}

/** `key value` options and words of a sub-command. */
function readArguments(args: readonly string[], withValue: readonly string[]) {
  const options: Record<string, string> = {};
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [name = '', inline] = arg.split('=');
    if (!arg.startsWith('-')) words.push(arg);
    else if (withValue.includes(name)) options[name] = inline ?? args[++i] ?? '';
    else options[name] = '';
  }
  return { options, words };
}

const matches = (text: string, pattern: string | undefined) =>
  pattern === undefined || text.includes(pattern.replace(/^\^|\$$/g, ''));

function pods(args: readonly string[], context: CommandContext): CommandResult {
  const { options } = readArguments(args, [
    '--name',
    '--namespace',
    '--state',
    '-s',
    '--id',
    '-o',
    '--output',
  ]);
  const rows = sandboxesOf(context).filter(
    ({ runtime, id }) =>
      matches(runtime.name, options['--name']) &&
      matches(runtime.namespace, options['--namespace']) &&
      (options['--id'] === undefined || id.startsWith(options['--id'])),
  );
  if ('-q' in options || '--quiet' in options)
    return finished(rows.map(({ id }) => `${id}\n`).join(''));
  return finished(
    table([
      ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
      ...rows.map(({ runtime, id }) => [
        short(id),
        `${humanDuration(context.cluster.now - runtime.startedAt)} ago`,
        'Ready',
        runtime.name,
        runtime.namespace,
        '0',
        '(default)',
      ]),
    ]),
  );
}

const startedAt = ({ status, sandbox }: ContainerRow): Micros =>
  parseTimestamp(status.state?.running?.startedAt ?? status.state?.terminated?.startedAt ?? '') ??
  sandbox.runtime.startedAt;

function ps(args: readonly string[], context: CommandContext): CommandResult {
  const { options } = readArguments(args, [
    '--name',
    '--namespace',
    '--pod',
    '-p',
    '--state',
    '-s',
    '--id',
    '-o',
  ]);
  const all = '-a' in options || '--all' in options;
  const pod = options['--pod'] ?? options['-p'];
  const rows = containersOf(context).filter(
    ({ sandbox, status }) =>
      (all || status.state?.running !== undefined) &&
      matches(status.name, options['--name']) &&
      matches(sandbox.runtime.namespace, options['--namespace']) &&
      (pod === undefined || sandbox.id.startsWith(pod)),
  );
  if ('-q' in options || '--quiet' in options)
    return finished(rows.map(({ id }) => `${id}\n`).join(''));
  return finished(
    table([
      ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
      ...rows.map((row) => [
        short(row.id),
        short((row.status.imageID ?? '').replace(/^.*sha256:/, '')),
        `${humanDuration(context.cluster.now - startedAt(row))} ago`,
        row.status.state?.running ? 'Running' : 'Exited',
        row.status.name,
        String(row.status.restartCount),
        short(row.sandbox.id),
        row.sandbox.runtime.name,
        row.sandbox.runtime.namespace,
      ]),
    ]),
  );
}

function notFound(kind: 'pod' | 'container', id: string): CommandResult {
  const [what, sought] =
    kind === 'pod' ? ['pod sandbox', 'sandbox'] : ['the container', 'container'];
  return finished(
    '',
    1,
    `FATA[0000] getting the status of ${what} "${id}": rpc error: code = NotFound desc = an error occurred when try to find ${sought} "${id}": not found\n`,
  );
}

/** Simplified: a pod's pause process is not simulated; its first container's stands for it. */
function firstPid({ cluster }: CommandContext, { runtime }: SandboxRow): number {
  return (
    containerProcess(cluster.network, cluster.store, runtime.namespace, runtime.name)?.pid ?? 0
  );
}

function inspectPod(id: string, context: CommandContext): object | undefined {
  const row = sandboxesOf(context).find((one) => one.id.startsWith(id));
  if (!row) return undefined;
  const { runtime, pod, netns, addresses } = row;
  const [ip = '', ...more] = addresses;
  return {
    status: {
      id: row.id,
      metadata: { attempt: 0, name: runtime.name, namespace: runtime.namespace, uid: runtime.uid },
      state: 'SANDBOX_READY',
      network: { additionalIps: more.map((address) => ({ ip: address })), ip },
      linux: {
        namespaces: {
          options: { ipc: 'POD', network: pod.spec.hostNetwork ? 'NODE' : 'POD', pid: 'CONTAINER' },
        },
      },
      labels: pod.metadata.labels ?? {},
      runtimeHandler: '',
    },
    info: {
      pid: firstPid(context, row),
      runtimeSpec: {
        hostname: runtime.name,
        linux: {
          namespaces: [
            { type: 'pid' },
            { type: 'ipc' },
            { type: 'uts' },
            { type: 'mount' },
            { type: 'network', path: `/var/run/netns/${netns}` },
          ],
        },
      },
    },
  };
}

function inspectContainer(id: string, context: CommandContext): object | undefined {
  const row = containersOf(context).find((one) => one.id.startsWith(id));
  if (!row) return undefined;
  const { status, sandbox } = row;
  const { network, store } = context.cluster;
  const process = containerProcess(
    network,
    store,
    sandbox.runtime.namespace,
    sandbox.runtime.name,
    status.name,
  );
  return {
    status: {
      id: row.id,
      metadata: { attempt: status.restartCount, name: status.name },
      state: status.state?.running ? 'CONTAINER_RUNNING' : 'CONTAINER_EXITED',
      image: { image: status.image },
      imageRef: status.imageID,
    },
    info: { sandboxID: sandbox.id, pid: process?.pid ?? 0 },
  };
}

/** `{{.info.pid}}` of `-o go-template --template`: paths alone. */
function fillTemplate(template: string, value: object): string {
  return template.replaceAll(/\{\{\s*\.([\w.]+)\s*\}\}/g, (_, path: string) => {
    const found = path
      .split('.')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value);
    return typeof found === 'string' || typeof found === 'number' ? String(found) : '<no value>';
  });
}

function inspect(kind: 'pod' | 'container', args: readonly string[], context: CommandContext) {
  const { options, words } = readArguments(args, ['-o', '--output', '--template']);
  const [id] = words;
  if (id === undefined) return finished('', 1, 'FATA[0000] ID cannot be empty\n');
  const found = kind === 'pod' ? inspectPod(id, context) : inspectContainer(id, context);
  if (!found) return notFound(kind, id);
  const template = options['--template'];
  return finished(
    template === undefined
      ? `${JSON.stringify(found, null, 2)}\n`
      : `${fillTemplate(template, found)}\n`,
  );
}

const USAGE = `NAME:
   crictl - client for CRI

USAGE:
   crictl [global options] command [command options]

COMMANDS:
   inspect   Display the status of one or more containers
   inspectp  Display the status of one or more pods
   pods      List pods
   ps        List containers
`;

/** crictl on a node: what the container runtime there knows. Simplified: pods, ps, inspectp and inspect, with the fields that lead to a network namespace. */
export const crictl: Command = (args, context) => {
  const words = args.filter((arg, i) => !(i === 0 && arg === '--debug'));
  const [command = '', ...rest] = words;
  switch (command) {
    case 'pods':
      return pods(rest, context);
    case 'ps':
      return ps(rest, context);
    case 'inspectp':
      return inspect('pod', rest, context);
    case 'inspect':
      return inspect('container', rest, context);
    case '':
    case 'help':
    case '--help':
    case '-h':
      return finished(USAGE);
    default:
      return finished('', 3, `No help topic for '${command}'\n`);
  }
};
