import {
  finished,
  type Command,
  type CommandContext,
  type CommandResult,
  type Follower,
} from '../command.ts';
import { apply, APPLY_FLAGS, FILE_FLAGS, replace } from './apply.ts';
import { apiServerOf, endCall, fail, isSet, type Call, type RunInPlace } from './call.ts';
import { auth, AUTH_FLAGS } from './auth.ts';
import {
  apiResources,
  API_RESOURCES_FLAGS,
  apiVersions,
  clusterInfo,
  top,
  version,
  VERSION_FLAGS,
} from './cluster-commands.ts';
import { config, CONFIG_FLAGS, CONTEXT } from './config.ts';
import { DELETE_FLAGS, DELETE_FOLLOWER, followDelete, remove } from './delete.ts';
import { diff, DIFF_FLAGS } from './diff.ts';
import { drain, DRAIN_FLAGS, DRAIN_FOLLOWER, followDrain } from './drain.ts';
import { describe, DESCRIBE_FLAGS } from './describe/describe.ts';
import { events, EVENTS_FLAGS } from './events.ts';
import { exec, EXEC_FLAGS } from './exec.ts';
import { explain, EXPLAIN_FLAGS } from './explain.ts';
import { GLOBAL_FLAGS, parseFlags, takeLeadingFlags, type FlagSpec } from './flags.ts';
import { expose, EXPOSE_FLAGS } from './expose.ts';
import { create, CREATE_FLAGS } from './create.ts';
import { GENERATORS, GENERATOR_ALIASES } from './generators.ts';
import { get, GET_FLAGS } from './get.ts';
import { attach, ATTACH_FLAGS, followLogs, LOG_FLAGS, LOG_FOLLOWER, logs } from './logs.ts';
import {
  annotate,
  CHANGE_FLAGS,
  cordon,
  CORDON_FLAGS,
  edit,
  label,
  LABEL_FLAGS,
  patch,
  PATCH_FLAGS,
  scale,
  SCALE_FLAGS,
} from './modify.ts';
import { portForward, PORT_FORWARD_FLAGS } from './port-forward.ts';
import { followRollout, ROLLOUT_FOLLOWER } from './rollout-status.ts';
import { rollout, ROLLOUT_FLAGS } from './rollout.ts';
import { run, RUN_FLAGS } from './run-pod.ts';
import { set, SET_FLAGS } from './set.ts';
import { taint, TAINT_FLAGS } from './taint.ts';
import { followWait, wait, WAIT_FLAGS, WAIT_FOLLOWER } from './wait.ts';
import { followWatch, WATCH_FOLLOWER } from './watch.ts';

interface Verb {
  readonly flags: readonly FlagSpec[];
  readonly about: string;
  readonly run: (call: Call) => CommandResult | undefined | void;
}

const verb = (run: Verb['run'], flags: readonly FlagSpec[], about: string): Verb => ({
  run,
  flags,
  about,
});

/** Every verb there is, in the order that kubectl has them. */
const VERBS: Record<string, Verb> = {
  create: verb(create, CREATE_FLAGS, 'Create objects from files or by words'),
  expose: verb(expose, EXPOSE_FLAGS, 'Make a Service for a workload or pod'),
  run: verb(run, RUN_FLAGS, 'Run a pod from an image'),
  set: verb(set, SET_FLAGS, 'Change an image, a selector or the environment'),
  explain: verb(explain, EXPLAIN_FLAGS, 'Say what a kind and its fields are'),
  get: verb(get, GET_FLAGS, 'Show objects'),
  edit: verb(edit, CHANGE_FLAGS, 'Use the YAML tab of the page'),
  delete: verb(remove, DELETE_FLAGS, 'Delete objects'),
  rollout: verb(rollout, ROLLOUT_FLAGS, 'Follow, restart or undo a rollout'),
  scale: verb(scale, SCALE_FLAGS, 'Change how many pods a workload has'),
  'cluster-info': verb(clusterInfo, [], 'Say where the control plane is'),
  top: verb(top, CHANGE_FLAGS, 'Needs a metrics server'),
  cordon: verb(cordon, CORDON_FLAGS, 'Keep new pods away from a node'),
  uncordon: verb(cordon, CORDON_FLAGS, 'Let new pods onto a node again'),
  drain: verb(drain, DRAIN_FLAGS, 'Send the pods of a node elsewhere'),
  taint: verb(taint, TAINT_FLAGS, 'Say which pods a node puts up with'),
  describe: verb(describe, DESCRIBE_FLAGS, 'Show an object in detail, with its events'),
  logs: verb(logs, LOG_FLAGS, 'Print what a container printed'),
  attach: verb(attach, ATTACH_FLAGS, 'Print what a container prints from now on'),
  exec: verb(exec, EXEC_FLAGS, 'Run a command in a container'),
  'port-forward': verb(portForward, PORT_FORWARD_FLAGS, 'Reach a port of a pod from here'),
  auth: verb(auth, AUTH_FLAGS, 'Ask what one may do'),
  events: verb(events, EVENTS_FLAGS, 'List events, the newest last'),
  diff: verb(diff, DIFF_FLAGS, 'Show what apply would change'),
  apply: verb(apply, APPLY_FLAGS, 'Make the cluster agree with files'),
  patch: verb(patch, PATCH_FLAGS, 'Change fields of an object'),
  replace: verb(replace, FILE_FLAGS, 'Replace objects from files'),
  wait: verb(wait, WAIT_FLAGS, 'Wait for a condition'),
  label: verb(label, LABEL_FLAGS, 'Change labels'),
  annotate: verb(annotate, LABEL_FLAGS, 'Change annotations'),
  'api-resources': verb(apiResources, API_RESOURCES_FLAGS, 'List the kinds'),
  'api-versions': verb(apiVersions, [], 'List the API versions'),
  config: verb(config, CONFIG_FLAGS, 'Show the kubeconfig, change the namespace'),
  version: verb(version, VERSION_FLAGS, 'Print the versions'),
};

for (const [name, { run, flags }] of Object.entries(GENERATORS)) {
  VERBS[`create ${name}`] = verb(run, flags, '');
}

/** Names of all verbs, for completion. */
export const KUBECTL_VERBS: readonly string[] = Object.keys(VERBS);

/** Flags that a verb takes, those of every command among them. */
export const kubectlFlags = (name: string): readonly FlagSpec[] => [
  ...(VERBS[name]?.flags ?? []),
  ...GLOBAL_FLAGS,
];

const HELP = `kubectl talks to the API server of this cluster. Commands:

${Object.entries(VERBS)
  .filter(([, { about }]) => about !== '')
  .map(([name, { about }]) => `  ${name.padEnd(14)} ${about}\n`)
  .join('')}
Every command takes -n NAMESPACE. "kubectl COMMAND -h" lists its flags.
`;

function helpOf(name: string, { about, flags }: Verb): string {
  const list = flags.map(
    ({ name: long, short }) => `  ${short === undefined ? '    ' : `-${short}, `}--${long}\n`,
  );
  return `kubectl ${name}${about === '' ? '' : `: ${about}`}.\n\nFlags:\n${list.join('')}`;
}

/** Levenshtein distance, for "Did you mean this?". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function unknownCommand(name: string): CommandResult {
  const similar = Object.keys(VERBS).filter(
    (known) => !known.includes(' ') && (distance(name, known) <= 2 || known.startsWith(name)),
  );
  const hint =
    similar.length === 0
      ? ''
      : `\nDid you mean this?\n${similar.map((known) => `\t${known}\n`).join('')}`;
  return finished('', 1, `error: unknown command ${JSON.stringify(name)} for "kubectl"\n${hint}`);
}

/** The subcommand that a line means, as cobra finds it, and what is left of the line. */
function findVerb(
  name: string,
  args: readonly string[],
): { readonly name: string; readonly found: Verb; readonly args: readonly string[] } | undefined {
  const found = VERBS[name];
  if (!found) return undefined;
  const { before, rest, problem } = takeLeadingFlags(args, found.flags);
  const [word = '', ...others] = rest;
  const inner =
    problem === undefined
      ? findVerb(`${name} ${GENERATOR_ALIASES[word] ?? word}`, [...before, ...others])
      : undefined;
  return inner ?? { name, found, args };
}

/** Flags before the verb count as if they stood behind it. */
function runVerb(
  typed: string,
  typedArgs: readonly string[],
  context: CommandContext,
  runInPlace: RunInPlace,
): CommandResult {
  const verb = findVerb(typed, typedArgs);
  if (!verb) return unknownCommand(typed);
  const { name, found, args } = verb;
  const parsed = parseFlags(args, found.flags);
  if (!parsed.ok) {
    return finished('', 1, `error: ${parsed.message}\nSee 'kubectl ${name} --help' for usage.\n`);
  }
  const { flags } = parsed;
  const call: Call = {
    context,
    server: apiServerOf(context),
    runInPlace,
    flags,
    namespace: flags.values.get('namespace')?.at(-1) ?? context.namespace,
    command: name,
    stdout: '',
    stderr: '',
    exitCode: 0,
  };
  if (isSet(call, 'help')) return finished(helpOf(name, found));
  if (
    name !== 'config' &&
    flags.values.has('context') &&
    flags.values.get('context')?.at(-1) !== CONTEXT
  ) {
    fail(call, `context ${JSON.stringify(flags.values.get('context')?.at(-1))} does not exist`);
    return endCall(call);
  }
  return found.run(call) ?? endCall(call);
}

/** The page's kubectl. It speaks to the same `rest.ts` as real kubectl does through `sim serve`. */
export function createKubectl({ runInPlace }: { readonly runInPlace: RunInPlace }): Command {
  return (args, context) => {
    const { before, rest, problem } = takeLeadingFlags(args);
    const [name, ...others] = rest;
    if (problem !== undefined) {
      return finished('', 1, `error: ${problem}\nSee 'kubectl --help' for usage.\n`);
    }
    if (name === undefined || name === 'help' || name === 'options') return finished(HELP);
    return runVerb(name, [...before, ...others], context, runInPlace);
  };
}

/** What continues `get -w`, `logs -f`, `rollout status`, `wait` and a delete that waits. */
export const kubectlFollowers: Readonly<Record<string, Follower>> = {
  [WATCH_FOLLOWER]: followWatch,
  [LOG_FOLLOWER]: followLogs,
  [ROLLOUT_FOLLOWER]: followRollout,
  [WAIT_FOLLOWER]: followWait,
  [DELETE_FOLLOWER]: followDelete,
  [DRAIN_FOLLOWER]: followDrain,
};
