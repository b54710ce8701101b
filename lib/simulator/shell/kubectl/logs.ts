import type { Pod } from '../../api/core/pod.ts';
import type { Deployment } from '../../api/apps/deployment.ts';
import { requireKind } from '../../api/kinds.ts';
import { formatLabelSelector, formatLabels } from '../../api/meta/label-selector.ts';
import { pollLog } from '../../apiserver/rest-log.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { LogFollower } from '../../apiserver/rest-types.ts';
import type { Status } from '../../api/meta/object.ts';
import type { Service } from '../../api/core/service.ts';
import type { CommandResult, Follower } from '../command.ts';
import {
  apiServerOf,
  ask,
  fail,
  failStatus,
  failUsage,
  isSet,
  queryOf,
  urlOf,
  valueOf,
  type Call,
} from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { parseDuration } from './parse-duration.ts';
import { fetchTarget, parseTargets, type Found } from './resources.ts';

export const LOG_FLAGS: readonly FlagSpec[] = [
  flag('container', 'string', 'c'),
  flag('follow', 'boolean', 'f'),
  flag('previous', 'boolean', 'p'),
  flag('tail', 'int'),
  flag('since', 'duration'),
  flag('since-time', 'string'),
  flag('limit-bytes', 'int'),
  flag('pod-running-timeout', 'duration'),
  flag('selector', 'string', 'l'),
  flag('all-containers', 'boolean'),
  flag('all-pods', 'boolean'),
  flag('prefix', 'boolean'),
  flag('timestamps', 'boolean'),
  flag('max-log-requests', 'int'),
  flag('ignore-errors', 'boolean'),
];

export const LOG_FOLLOWER = 'kubectl logs --follow';

interface LogState {
  readonly sources: { readonly follower: LogFollower; readonly prefix: string }[];
}

/** Running pods first, ready ones before others, then the oldest: the one that `logs` and `exec` take. */
export function podsOf(call: Call, { kind, object }: Found): Pod[] {
  if (kind.kind === 'Pod') return [object as Pod];
  const selector =
    kind.kind === 'Service' || kind.kind === 'ReplicationController'
      ? formatLabels((object as Service).spec.selector)
      : formatLabelSelector((object as Deployment).spec?.selector);
  if (selector === '<none>') return [];
  const answer = ask<{ items: Pod[] }>(call, {
    method: 'GET',
    path:
      urlOf(requireKind('Pod'), object.metadata.namespace) + queryOf({ labelSelector: selector }),
  });
  const rank = (pod: Pod) =>
    (pod.spec.nodeName ? 0 : 4) +
    (pod.status?.phase === 'Running' ? 0 : 2) +
    (pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
      ? 0
      : 1);
  return answer.ok ? [...answer.value.items].sort((a, b) => rank(a) - rank(b)) : [];
}

/** The pod that a word means, with what kubectl says when it had to choose. */
export function choosePod(
  call: Call,
  word: string,
  retry: 'logs' | 'exec' | 'attach',
): Pod | undefined {
  const targets = parseTargets(call, word.includes('/') ? [word] : ['pods', word]);
  if (!targets) return undefined;
  const before = call.stderr;
  const [found] = targets.flatMap((target) => fetchTarget(call, target));
  if (!found) {
    const [target] = targets;
    if (retry === 'logs' && target) {
      call.stderr = before;
      const resource =
        target.kind.group === ''
          ? target.kind.plural
          : `${target.kind.plural}.${target.kind.group}`;
      fail(
        call,
        `error from server (NotFound): ${resource} ${JSON.stringify(target.name ?? '')} not found in namespace ${JSON.stringify(call.namespace)}`,
      );
    }
    return undefined;
  }
  const pods = podsOf(call, found);
  const [pod] = pods;
  if (!pod) {
    fail(call, 'timed out waiting for the condition');
    return undefined;
  }
  if (pods.length > 1 && retry === 'logs') {
    call.stderr += `Found ${pods.length} pods, using pod/${pod.metadata.name}\n`;
  }
  return pod;
}

const containersOf = (pod: Pod) => [
  ...pod.spec.containers.map(({ name }) => name),
  ...(pod.spec.initContainers ?? []).map(({ name }) => name),
];

/** The container asked for, or the first with a remark; undefined when it is not in the pod. */
export function chooseContainer(
  call: Call,
  pod: Pod,
  asked: string | undefined,
): string | undefined {
  const names = containersOf(pod);
  if (asked !== undefined) return names.includes(asked) ? asked : undefined;
  const chosen = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  if (names.length > 1) {
    const init = (pod.spec.initContainers ?? []).map(({ name }) => `${name} (init)`);
    const all = [...pod.spec.containers.map(({ name }) => name), ...init];
    call.stderr += `Defaulted container ${JSON.stringify(names[0])} out of: ${all.join(', ')}\n`;
  }
  return names[0];
}

function readOne(
  call: Call,
  pod: Pod,
  container: string,
  tail: string | undefined,
  state: LogState,
): void {
  const since = parseDuration(valueOf(call, 'since') ?? '');
  const { namespace, name } = pod.metadata;
  const prefix = isSet(call, 'prefix') ? `[pod/${name}/${container}] ` : '';
  const path =
    urlOf(requireKind('Pod'), namespace, name, 'log') +
    queryOf({
      container,
      tailLines: tail,
      previous: isSet(call, 'previous') ? 'true' : undefined,
      timestamps: isSet(call, 'timestamps') ? 'true' : undefined,
      limitBytes: valueOf(call, 'limit-bytes'),
      sinceTime: valueOf(call, 'since-time'),
      follow: isSet(call, 'follow') ? 'true' : undefined,
      sinceSeconds: since === undefined ? undefined : String(Math.ceil(since / 1e6)),
    });
  const response = handleRequest({ method: 'GET', path }, call.server);
  switch (response.type) {
    case 'log':
      state.sources.push({ follower: response.follower, prefix });
      break;
    case 'text':
      call.stdout += withPrefix(response.body, prefix);
      break;
    case 'json':
      failStatus(call, JSON.parse(response.body) as Status);
      break;
    case 'watch':
    case 'session':
      break;
  }
}

const withPrefix = (text: string, prefix: string) =>
  prefix === '' ? text : text.replaceAll(/^(?=.)/gm, prefix);

const USAGE = `expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.
POD or TYPE/NAME is a required argument for the logs command`;

function podsFor(call: Call): Pod[] | undefined {
  const selector = valueOf(call, 'selector');
  const [word] = call.flags.words;
  if (selector !== undefined) {
    if (word !== undefined) {
      failUsage(call, 'only a selector (-l) or a POD name is allowed');
      return undefined;
    }
    const found = fetchTarget(call, { kind: requireKind('Pod') });
    if (found.length === 0 && call.exitCode === 0) {
      call.stderr += `No resources found in ${call.namespace} namespace.\n`;
    }
    return found.map(({ object }) => object as Pod);
  }
  if (word === undefined || call.flags.words.length > 2) {
    failUsage(call, USAGE);
    return undefined;
  }
  const pod = choosePod(call, word, 'logs');
  return pod ? [pod] : undefined;
}

/** `kubectl logs`. */
export function logs(call: Call): CommandResult | undefined {
  const pods = podsFor(call);
  if (!pods) return undefined;
  const isSelected = valueOf(call, 'selector') !== undefined;
  const tail = valueOf(call, 'tail') ?? (isSelected ? '10' : undefined);
  const state: LogState = { sources: [] };
  for (const pod of pods) {
    const asked = valueOf(call, 'container') ?? (isSelected ? undefined : call.flags.words[1]);
    const chosen = isSet(call, 'all-containers')
      ? containersOf(pod)
      : [chooseContainer(call, pod, asked)];
    for (const container of chosen) {
      if (container === undefined) {
        fail(call, `container ${asked} is not valid for pod ${pod.metadata.name}`);
      } else readOne(call, pod, container, tail === '-1' ? undefined : tail, state);
    }
  }
  if (state.sources.length === 0) return undefined;
  const first = followLogs(state, call.context);
  return {
    type: 'following',
    stdout: call.stdout + first.output,
    stderr: call.stderr,
    follower: LOG_FOLLOWER,
    state,
  };
}

export const ATTACH_FLAGS: readonly FlagSpec[] = [
  flag('container', 'string', 'c'),
  flag('stdin', 'boolean', 'i'),
  flag('tty', 'boolean', 't'),
  flag('quiet', 'boolean', 'q'),
  flag('pod-running-timeout', 'duration'),
];

const ATTACHED = `All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
If you don't see a command prompt, try pressing enter.
`;

/** `kubectl attach`: what a container prints from now on. Simplified: it reads nothing from the terminal. */
export function attach(call: Call): CommandResult | undefined {
  const [word, ...more] = call.flags.words;
  if (word === undefined || more.length > 0) {
    fail(
      call,
      word === undefined
        ? 'at least 1 argument is required for attach'
        : `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${more.length + 1}: [${[word, ...more].join(' ')}]`,
    );
    return undefined;
  }
  const pod = choosePod(call, word, 'attach');
  if (!pod) return undefined;
  const asked = valueOf(call, 'container');
  const container = chooseContainer(call, pod, asked);
  if (container === undefined) {
    fail(call, `container ${asked} not found in pod ${pod.metadata.name}`);
    return undefined;
  }
  const { namespace, name } = pod.metadata;
  const path =
    urlOf(requireKind('Pod'), namespace, name, 'log') +
    queryOf({ container, follow: 'true', tailLines: '0' });
  const response = handleRequest({ method: 'GET', path }, call.server);
  if (response.type !== 'log') {
    if (response.type === 'json') failStatus(call, JSON.parse(response.body) as Status);
    return undefined;
  }
  const state: LogState = { sources: [{ follower: response.follower, prefix: '' }] };
  const { output } = followLogs(state, call.context);
  const stderr = call.stderr + (isSet(call, 'quiet') ? '' : ATTACHED);
  return { type: 'following', stdout: output, stderr, follower: LOG_FOLLOWER, state };
}

/** Continues `logs -f`. */
export const followLogs: Follower = (state, context) => {
  const server = apiServerOf(context);
  const polled = (state as LogState).sources.map(({ follower, prefix }) => {
    const { text, isClosed } = pollLog(follower, server);
    return { text: withPrefix(text, prefix), isClosed };
  });
  return {
    output: polled.map(({ text }) => text).join(''),
    ...(polled.every(({ isClosed }) => isClosed) ? { exitCode: 0 } : {}),
  };
};
