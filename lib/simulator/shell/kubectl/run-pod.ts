import { SECOND } from '../../base/clock.ts';
import { hasEnded, type Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { CommandResult } from '../command.ts';
import { apiServerOf, ask, fail, isSet, urlOf, valueOf, type Call } from './call.ts';
import { FILE_FLAGS } from './apply.ts';
import { requireKind } from '../../api/kinds.ts';
import { flag, type FlagSpec } from './flags.ts';
import { make } from './make.ts';

export const RUN_FLAGS: readonly FlagSpec[] = [
  ...FILE_FLAGS,
  flag('image', 'string'),
  flag('image-pull-policy', 'string'),
  flag('port', 'string'),
  flag('env', 'list', 'e'),
  flag('labels', 'string', 'l'),
  flag('restart', 'string'),
  flag('command', 'boolean'),
  flag('rm', 'boolean'),
  flag('stdin', 'boolean', 'i'),
  flag('tty', 'boolean', 't'),
  flag('attach', 'boolean'),
  flag('quiet', 'boolean', 'q'),
  flag('expose', 'boolean'),
  flag('overrides', 'string'),
  flag('pod-running-timeout', 'string'),
];

const RESTARTS: readonly string[] = ['Always', 'OnFailure', 'Never'];

function podOf(call: Call, name: string, image: string, command: readonly string[]): KubeObject {
  const labels = valueOf(call, 'labels');
  const port = valueOf(call, 'port');
  const env = (call.flags.values.get('env') ?? []).map((pair) => {
    const [key = '', value = ''] = pair.split(/=(.*)/s);
    return { name: key, value };
  });
  const policy = valueOf(call, 'image-pull-policy');
  const container = {
    ...(command.length === 0 ? {} : isSet(call, 'command') ? { command } : { args: command }),
    ...(env.length > 0 ? { env } : {}),
    image,
    ...(policy === undefined ? {} : { imagePullPolicy: policy }),
    name,
    ...(port === undefined ? {} : { ports: [{ containerPort: Number(port) }] }),
    resources: {},
    ...(isSet(call, 'stdin') ? { stdin: true, stdinOnce: true } : {}),
    ...(isSet(call, 'tty') ? { tty: true } : {}),
  };
  const pairs = labels?.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      labels: pairs ? (Object.fromEntries(pairs) as Record<string, string>) : { run: name },
      name,
    },
    spec: {
      containers: [container],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: valueOf(call, 'restart') ?? 'Always',
    },
    status: {},
  } as unknown as KubeObject;
}

/** The longest that a pod of `run -i` may take. */
const PATIENCE = 120 * SECOND;

/** Waits for the pod's end and prints its output, as an attached terminal would show it. */
function attach(call: Call, name: string): void {
  const { cluster } = call.context;
  const find = () => cluster.store.get<Pod>('Pod', call.namespace, name);
  const isOver = cluster.runUntil(() => {
    const pod = find();
    return (
      pod === undefined ||
      hasEnded(pod) ||
      pod.status?.containerStatuses?.[0]?.lastState?.terminated !== undefined
    );
  }, PATIENCE);
  const path = urlOf(requireKind('Pod'), call.namespace, name, 'log');
  const response = handleRequest({ method: 'GET', path }, apiServerOf(call.context));
  if (response.type === 'text') call.stdout += response.body;
  const code = find()?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
  if (!isOver) fail(call, 'timed out waiting for the condition');
  else if (code !== 0) {
    call.exitCode = code;
    call.stderr += `pod ${call.namespace}/${name} terminated (Error)\n`;
  }
}

const SHELLS: readonly string[] = ['sh', 'bash', 'ash', '/bin/sh', '/bin/bash', '/bin/ash'];

/**
 * `kubectl run`. Simplified: with `-i` the command runs to its end and its output is shown then; an interactive shell
 * needs a pod that stays (`kubectl run ... -- sleep 3600`) and `kubectl exec -it`.
 */
export function run(call: Call): CommandResult | undefined {
  const [name, ...command] = call.flags.words;
  const image = valueOf(call, 'image');
  if (image === undefined) {
    fail(call, 'required flag(s) "image" not set');
    return undefined;
  }
  if (name === undefined) {
    fail(call, "NAME is required for run\nSee 'kubectl run -h' for help and examples");
    return undefined;
  }
  const restart = valueOf(call, 'restart') ?? 'Always';
  if (!RESTARTS.includes(restart)) {
    fail(call, `invalid restart policy: ${restart}\nSee 'kubectl run -h' for help and examples`);
    return undefined;
  }
  const isAttached = isSet(call, 'stdin') || isSet(call, 'tty') || isSet(call, 'attach');
  if (isSet(call, 'rm') && !isAttached) {
    fail(call, '--rm should only be used for attached containers');
    return undefined;
  }
  if (
    isAttached &&
    (command.length === 0 || (command.length === 1 && SHELLS.includes(command[0] ?? '')))
  ) {
    fail(
      call,
      `an interactive shell in a new pod is not available in this terminal: run ${name} with "-- sleep 3600", then kubectl exec -it ${name} -- sh`,
    );
    return undefined;
  }
  const pod = podOf(call, name, image, command);
  if (!isAttached) {
    make(call, { object: pod }, 'created');
    return undefined;
  }
  runAttached(call, name, pod);
  return undefined;
}

function runAttached(call: Call, name: string, pod: KubeObject): void {
  const printed = call.stdout;
  if (!make(call, { object: pod }, 'created')) return;
  // An attached run shows the output of the pod, not that it was made.
  call.stdout = printed;
  attach(call, name);
  if (!isSet(call, 'rm')) return;
  const kind = requireKind('Pod');
  const answer = ask(call, { method: 'DELETE', path: urlOf(kind, call.namespace, name) });
  if (answer.ok)
    call.stdout += `pod ${JSON.stringify(name)} deleted from ${call.namespace} namespace\n`;
}
