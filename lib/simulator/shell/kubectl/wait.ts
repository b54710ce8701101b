import type { Micros } from '../../base/clock.ts';
import { SECOND } from '../../base/clock.ts';
import { kindKey } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { CommandResult, Follower } from '../command.ts';
import { fail, isSet, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { parseDuration } from './parse-duration.ts';
import { findValues, parseJsonPath, relaxPath } from './print/jsonpath.ts';
import { fetchTarget, formatTarget, parseTargets, readManifests } from './resources.ts';

export const WAIT_FLAGS: readonly FlagSpec[] = [
  flag('for', 'string'),
  flag('timeout', 'duration'),
  flag('all', 'boolean'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('selector', 'string', 'l'),
  flag('field-selector', 'string'),
  flag('filename', 'list', 'f'),
  flag('output', 'string', 'o'),
];

export const WAIT_FOLLOWER = 'kubectl wait';

type Goal =
  | { readonly type: 'condition'; readonly name: string; readonly status: string }
  | { readonly type: 'delete' }
  | { readonly type: 'create' }
  | { readonly type: 'jsonpath'; readonly path: string; readonly value?: string };

interface WaitState {
  readonly goal: Goal;
  readonly endsAt: Micros;
  pending: {
    kind: string;
    namespace?: string;
    name: string;
    target: string;
    plural: string;
    uid?: string;
  }[];
}

function parseGoal(text: string): Goal | undefined {
  const [what = '', rest = ''] = text.split(/=(.*)/s);
  switch (what.toLowerCase()) {
    case 'delete':
      return { type: 'delete' };
    case 'create':
      return { type: 'create' };
    case 'condition': {
      const [name = '', status = 'true'] = rest.split('=');
      return name === '' ? undefined : { type: 'condition', name, status };
    }
    case 'jsonpath': {
      const match = /^'?(\{.*\}|[^=]+)'?(?:=(.*))?$/s.exec(rest);
      if (!match) return undefined;
      const value = match[2]?.replace(/^(["'])(.*)\1$/s, '$2');
      return { type: 'jsonpath', path: match[1] ?? '', ...(value === undefined ? {} : { value }) };
    }
    default:
      return undefined;
  }
}

function isMet(goal: Goal, object: KubeObject | undefined, uid: string | undefined): boolean {
  switch (goal.type) {
    case 'delete':
      return object === undefined || (uid !== undefined && object.metadata.uid !== uid);
    case 'create':
      return object !== undefined;
    case 'condition': {
      const { status } = (object ?? {}) as {
        status?: { conditions?: { type: string; status: string }[] };
      };
      return (status?.conditions ?? []).some(
        (condition) =>
          condition.type.toLowerCase() === goal.name.toLowerCase() &&
          condition.status.toLowerCase() === goal.status.toLowerCase(),
      );
    }
    case 'jsonpath': {
      const template = parseJsonPath(relaxPath(goal.path));
      const values = template.ok ? findValues(template.nodes, object) : [];
      return goal.value === undefined ? values.length > 0 : String(values[0]) === goal.value;
    }
  }
}

const metLine = (target: string) => `${target} condition met\n`;

/** Tells what has come true and keeps the rest. */
export const followWait: Follower = (state, { cluster }) => {
  const wait = state as WaitState;
  const isLate = cluster.now >= wait.endsAt;
  let output = '';
  // One after the other: what comes later is not looked at before its turn.
  while (wait.pending.length > 0 && !isLate) {
    const [one] = wait.pending;
    const object = one && cluster.store.get(one.kind, one.namespace, one.name);
    if (!one || !isMet(wait.goal, object, one.uid)) break;
    output += metLine(one.target);
    wait.pending.shift();
  }
  if (wait.pending.length === 0) return { output, exitCode: 0 };
  if (!isLate) return { output };
  const complaints = wait.pending.map(
    ({ plural, name }) => `timed out waiting for the condition on ${plural}/${name}\n`,
  );
  const intro = complaints.length === 1 ? 'error: ' : '';
  return { output: output + intro + complaints.join(''), exitCode: 1 };
};

function pendingOf(call: Call, goal: Goal): WaitState['pending'] | undefined {
  if (valueOf(call, 'filename') !== undefined) {
    return readManifests(call).map(({ kind, object: { metadata } }) => ({
      kind: kindKey(kind),
      name: metadata.name,
      target: formatTarget(kind, metadata.name),
      plural: kind.plural,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    }));
  }
  const targets = parseTargets(call, call.flags.words);
  if (!targets) return undefined;
  const isSelected = isSet(call, 'all') || valueOf(call, 'selector') !== undefined;
  if (targets.some(({ name }) => name === undefined) && !isSelected) {
    fail(call, 'resource(s) were provided, but no name was specified');
    return undefined;
  }
  return targets.flatMap((target) => {
    const before = [call.stderr, call.exitCode] as const;
    const found = fetchTarget(call, target);
    const mayBeAbsent = goal.type === 'delete' || goal.type === 'create';
    if (found.length === 0 && target.name !== undefined && mayBeAbsent) {
      [call.stderr, call.exitCode] = before;
      if (goal.type === 'delete') return [];
      return [
        {
          kind: kindKey(target.kind),
          name: target.name,
          target: formatTarget(target.kind, target.name),
          plural: target.kind.plural,
          ...(target.kind.isNamespaced ? { namespace: call.namespace } : {}),
        },
      ];
    }
    return found.map(({ kind, object: { metadata } }) => ({
      kind: kindKey(kind),
      name: metadata.name,
      target: formatTarget(kind, metadata.name),
      plural: kind.group === '' ? kind.plural : `${kind.plural}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    }));
  });
}

/** `kubectl wait`. */
export function wait(call: Call): CommandResult | undefined {
  const text = valueOf(call, 'for') ?? '';
  const goal = parseGoal(text);
  if (!goal) {
    fail(call, `unrecognized condition: ${JSON.stringify(text)}`);
    return undefined;
  }
  const timeout = parseDuration(valueOf(call, 'timeout') ?? '30s') ?? 0;
  const pending = pendingOf(call, goal);
  if (!pending || call.exitCode !== 0) return undefined;
  if (pending.length === 0) {
    if (goal.type !== 'delete') fail(call, 'no matching resources found');
    return undefined;
  }
  const state: WaitState = {
    goal,
    // A negative time-out means a week.
    endsAt: call.server.now + (timeout < 0 ? 7 * 24 * 3600 * SECOND : timeout),
    pending,
  };
  const first = followWait(state, call.context);
  if (first.exitCode === 0) {
    call.stdout += first.output;
    return undefined;
  }
  return { type: 'following', stdout: call.stdout + first.output, follower: WAIT_FOLLOWER, state };
}
