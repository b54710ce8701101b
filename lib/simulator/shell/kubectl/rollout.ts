import { copyPlain } from '../../base/copy.ts';
import { formatTimestamp, type Micros } from '../../base/clock.ts';
import { isSameJson } from '../../base/same-json.ts';
import {
  POD_TEMPLATE_HASH_LABEL,
  REVISION_ANNOTATION,
  type Deployment,
} from '../../api/apps/deployment.ts';
import type { ReplicaSet } from '../../api/apps/replica-set.ts';
import type { PodTemplateSpec } from '../../api/core/pod.ts';
import { requireKind } from '../../api/kinds.ts';
import { formatLabelSelector } from '../../api/meta/label-selector.ts';
import type { CommandResult, Follower } from '../command.ts';
import { ask, fail, failUsage, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { describeTemplate } from './describe/pod-template.ts';
import { flag, type FlagSpec } from './flags.ts';
import { CHANGE_FLAGS, sendPatch } from './modify.ts';
import { parseDuration } from './parse-duration.ts';
import { dryRunOf, printMade, type Made } from './print-made.ts';
import { alignTabs, WIDE_TABS } from './print/tab-writer.ts';
import { fetchTarget, formatTarget, parseTargets, type Found } from './resources.ts';

export const ROLLOUT_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('watch', 'boolean', 'w'),
  flag('timeout', 'duration'),
  flag('revision', 'int'),
  flag('to-revision', 'int'),
];

export const ROLLOUT_FOLLOWER = 'kubectl rollout status';

interface RolloutState {
  readonly namespace: string;
  readonly name: string;
  readonly endsAt?: Micros;
  lastVersion: string;
}

/** One line about how far a rollout is, and whether it is over (kubectl/pkg/polymorphichelpers/rollout_status.go). */
function statusOf({ metadata, spec, status = {} }: Deployment): {
  text: string;
  end?: 'done' | 'failed';
} {
  const waiting = `Waiting for deployment ${JSON.stringify(metadata.name)} rollout to finish:`;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { text: 'Waiting for deployment spec update to be observed...\n' };
  }
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return {
      text: `error: deployment ${JSON.stringify(metadata.name)} exceeded its progress deadline\n`,
      end: 'failed',
    };
  }
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if (updatedReplicas < wanted) {
    return {
      text: `${waiting} ${updatedReplicas} out of ${wanted} new replicas have been updated...\n`,
    };
  }
  if (replicas > updatedReplicas) {
    return {
      text: `${waiting} ${replicas - updatedReplicas} old replicas are pending termination...\n`,
    };
  }
  if (availableReplicas < updatedReplicas) {
    return {
      text: `${waiting} ${availableReplicas} of ${updatedReplicas} updated replicas are available...\n`,
    };
  }
  return {
    text: `deployment ${JSON.stringify(metadata.name)} successfully rolled out\n`,
    end: 'done',
  };
}

function status(call: Call, found: readonly Found[]): CommandResult | undefined {
  const [first] = found;
  if (!first) return undefined;
  if (first.kind.kind !== 'Deployment') {
    fail(call, `no status viewer has been implemented for ${first.kind.kind}`);
    return undefined;
  }
  const deployment = first.object as Deployment;
  const { text, end } = statusOf(deployment);
  if (end === 'failed') {
    call.stderr += text;
    call.exitCode = 1;
    return undefined;
  }
  call.stdout += text;
  if (end === 'done' || valueOf(call, 'watch') === 'false') return undefined;
  const timeout = parseDuration(valueOf(call, 'timeout') ?? '0s') ?? 0;
  const state: RolloutState = {
    namespace: deployment.metadata.namespace ?? '',
    name: deployment.metadata.name,
    ...(timeout > 0 ? { endsAt: call.server.now + timeout } : {}),
    lastVersion: deployment.metadata.resourceVersion ?? '',
  };
  return { type: 'following', stdout: call.stdout, follower: ROLLOUT_FOLLOWER, state };
}

/** Continues `rollout status`: a line for every change of the Deployment. */
export const followRollout: Follower = (state, { cluster }) => {
  const rollout = state as RolloutState;
  const deployment = cluster.store.get<Deployment>('Deployment', rollout.namespace, rollout.name);
  if (!deployment) {
    return { output: 'error: object has been deleted\n', exitCode: 1 };
  }
  if (deployment.metadata.resourceVersion === rollout.lastVersion) {
    const isLate = rollout.endsAt !== undefined && cluster.now >= rollout.endsAt;
    return isLate
      ? { output: 'error: timed out waiting for the condition\n', exitCode: 1 }
      : { output: '' };
  }
  rollout.lastVersion = deployment.metadata.resourceVersion ?? '';
  const { text, end } = statusOf(deployment);
  return { output: text, ...(end === undefined ? {} : { exitCode: end === 'done' ? 0 : 1 }) };
};

const revisionOf = (set: ReplicaSet) =>
  Number(set.metadata.annotations?.[REVISION_ANNOTATION] ?? 0);

/** ReplicaSets of a Deployment, oldest revision first. */
function replicaSetsOf(call: Call, deployment: Deployment): ReplicaSet[] {
  const kind = requireKind('ReplicaSet');
  const query = queryOf({ labelSelector: formatLabelSelector(deployment.spec.selector) });
  const answer = ask<{ items: readonly ReplicaSet[] }>(call, {
    method: 'GET',
    path: urlOf(kind, deployment.metadata.namespace) + query,
  });
  if (!answer.ok) return [];
  return answer.value.items
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid),
    )
    .sort((a, b) => revisionOf(a) - revisionOf(b));
}

const CHANGE_CAUSE = 'kubernetes.io/change-cause';

function history(call: Call, { kind, object }: Found): void {
  if (kind.kind !== 'Deployment') {
    fail(
      call,
      `error retrieving history for "${kind.kind}", no visitor method exists for {${kind.group} ${kind.kind}}`,
    );
    return;
  }
  const sets = replicaSetsOf(call, object as Deployment);
  const wanted = Number(valueOf(call, 'revision') ?? 0);
  const target = formatTarget(kind, object.metadata.name);
  if (wanted > 0) {
    const set = sets.find((candidate) => revisionOf(candidate) === wanted);
    if (!set?.spec.template) {
      fail(call, 'unable to find the specified revision');
      return;
    }
    const cause = set.metadata.annotations?.[CHANGE_CAUSE];
    const text = describeTemplate(set.spec.template, cause);
    call.stdout += `${target} with revision #${wanted}\n${text}\n`;
    return;
  }
  const rows = sets.map(
    (set) => `${revisionOf(set)}\t${set.metadata.annotations?.[CHANGE_CAUSE] ?? '<none>'}\n`,
  );
  call.stdout += `${target} \n${alignTabs(`REVISION\tCHANGE-CAUSE\n${rows.join('')}`, WIDE_TABS)}\n`;
}

/** The template without what the Deployment adds to each ReplicaSet's. */
function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const copy = copyPlain(template);
  delete copy.metadata?.labels?.[POD_TEMPLATE_HASH_LABEL];
  return copy;
}

function undo(call: Call, found: Found): Made | undefined {
  const deployment = found.object as Deployment;
  const sets = replicaSetsOf(call, deployment);
  const wanted = Number(valueOf(call, 'to-revision') ?? 0);
  const name = JSON.stringify(deployment.metadata.name);
  const set = wanted > 0 ? sets.find((candidate) => revisionOf(candidate) === wanted) : sets.at(-2);
  if (!set?.spec.template) {
    fail(
      call,
      wanted > 0
        ? `unable to find specified revision ${wanted} in history`
        : `no rollout history found for deployment ${name}`,
    );
    return undefined;
  }
  if (deployment.spec.paused) {
    fail(
      call,
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
    );
    return undefined;
  }
  const template = withoutHash(set.spec.template);
  if (isSameJson(template, deployment.spec.template)) {
    const verb = `skipped rollback (current template already matches revision ${revisionOf(set)})`;
    return { kind: found.kind, object: deployment, verb };
  }
  const patch = [{ op: 'replace', path: '/spec/template', value: template }];
  const after = sendPatch(call, found, patch, 'json');
  return after ? { kind: found.kind, object: after, verb: 'rolled back' } : undefined;
}

function restart(call: Call, found: Found): Made | undefined {
  const deployment = found.object as Deployment;
  if (deployment.spec.paused) {
    fail(call, "can't restart paused deployment (run rollout resume first)");
    return undefined;
  }
  const at = formatTimestamp(call.server.now);
  const last =
    deployment.spec.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'];
  if (last === at) {
    fail(
      call,
      `failed to patch: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
    );
    return undefined;
  }
  const annotations = { 'kubectl.kubernetes.io/restartedAt': at };
  const patch = { spec: { template: { metadata: { annotations } } } };
  const after = sendPatch(call, found, patch, 'strategic');
  return after ? { kind: found.kind, object: after, verb: 'restarted' } : undefined;
}

function pause(call: Call, found: Found, wanted: 'paused' | 'resumed'): Made | undefined {
  const deployment = found.object as Deployment;
  const isPaused = deployment.spec.paused ?? false;
  if (isPaused === (wanted === 'paused')) {
    const target = `deployments.apps ${JSON.stringify(deployment.metadata.name)}`;
    fail(call, `${target} is ${wanted === 'paused' ? 'already paused' : 'not paused'}`);
    return undefined;
  }
  const patch = { spec: { paused: wanted === 'paused' ? true : null } };
  const after = sendPatch(call, found, patch, 'strategic');
  return after ? { kind: found.kind, object: after, verb: wanted } : undefined;
}

const CHANGES: Readonly<Record<string, (call: Call, found: Found) => Made | undefined>> = {
  undo,
  restart,
  pause: (call, found) => pause(call, found, 'paused'),
  resume: (call, found) => pause(call, found, 'resumed'),
};

const DOING: Readonly<Record<string, string>> = {
  undo: 'rolling back is not supported',
  restart: 'restarting is not supported',
  pause: 'pausing is not supported',
  resume: 'resuming is not supported',
};

/** `kubectl rollout status|history|undo|restart|pause|resume`. */
export function rollout(call: Call): CommandResult | undefined {
  const [what = '', ...words] = call.flags.words;
  if (what === '') {
    call.stdout += 'Available here: rollout history, pause, restart, resume, status, undo.\n';
    call.exitCode = 1;
    return undefined;
  }
  const change = CHANGES[what];
  if (!change && what !== 'status' && what !== 'history') {
    failUsage(call, `unknown command ${JSON.stringify(what)}`);
    return undefined;
  }
  if (words.length === 0) {
    fail(call, 'required resource not specified');
    return undefined;
  }
  const targets = parseTargets(call, words);
  const found = targets?.flatMap((target) => fetchTarget(call, target)) ?? [];
  if (what === 'status') return status(call, found);
  if (what === 'history') {
    for (const one of found) history(call, one);
    return undefined;
  }
  const made = found.flatMap((one) => {
    if (one.kind.kind === 'Deployment') return change?.(call, one) ?? [];
    const resource =
      one.kind.group === '' ? one.kind.plural : `${one.kind.plural}.${one.kind.group}`;
    fail(call, `${resource} ${JSON.stringify(one.object.metadata.name)} ${DOING[what] ?? ''}`);
    return [];
  });
  printMade(call, made, dryRunOf(call) ?? 'none');
  return undefined;
}
