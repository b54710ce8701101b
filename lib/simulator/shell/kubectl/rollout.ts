import { copyPlain } from '../../base/copy.ts';
import { formatTimestamp } from '../../base/clock.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { ControllerRevision } from '../../api/apps/controller-revision.ts';
import type { DaemonSet } from '../../api/apps/daemon-set.ts';
import {
  POD_TEMPLATE_HASH_LABEL,
  REVISION_ANNOTATION,
  type Deployment,
} from '../../api/apps/deployment.ts';
import type { ReplicaSet } from '../../api/apps/replica-set.ts';
import type { StatefulSet } from '../../api/apps/stateful-set.ts';
import type { PodTemplateSpec } from '../../api/core/pod.ts';
import { requireKind } from '../../api/kinds.ts';
import { formatLabelSelector } from '../../api/meta/label-selector.ts';
import { groupResource } from '../../api/schema/kind-description.ts';
import type { CommandResult } from '../command.ts';
import { ask, fail, failUsage, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { describeTemplate } from './describe/pod-template.ts';
import { flag, type FlagSpec } from './flags.ts';
import { CHANGE_FLAGS, sendPatch } from './modify.ts';
import { dryRunOf, printMade, type Made } from './print-made.ts';
import { alignTabs, WIDE_TABS } from './print/tab-writer.ts';
import { fetchTarget, formatTarget, parseTargets, type Found } from './resources.ts';
import { startStatus } from './rollout-status.ts';

export const ROLLOUT_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('watch', 'boolean', 'w'),
  flag('timeout', 'duration'),
  flag('revision', 'int'),
  flag('to-revision', 'int'),
];

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

/** A template that a workload has had. */
interface Revision {
  readonly number: number;
  readonly cause: string | undefined;
  readonly template: PodTemplateSpec | undefined;
  /** Of a ControllerRevision: the patch that brings the template back. */
  readonly data?: unknown;
}

/** The history of a StatefulSet or DaemonSet, oldest first. */
function controllerRevisions(call: Call, { object }: Found): Revision[] {
  const { spec, metadata } = object as StatefulSet | DaemonSet;
  const query = queryOf({ labelSelector: formatLabelSelector(spec.selector) });
  const answer = ask<{ items: readonly ControllerRevision[] }>(call, {
    method: 'GET',
    path: urlOf(requireKind('ControllerRevision'), metadata.namespace) + query,
  });
  const own = (answer.ok ? answer.value.items : []).filter(({ metadata: { ownerReferences } }) =>
    ownerReferences?.some(({ uid }) => uid === metadata.uid),
  );
  return own
    .sort((a, b) => a.revision - b.revision)
    .map(({ revision, data, metadata: { annotations } }) => ({
      number: revision,
      cause: annotations?.[CHANGE_CAUSE],
      template: (data as { spec?: { template?: PodTemplateSpec } } | undefined)?.spec?.template,
      data,
    }));
}

const HISTORIANS: readonly string[] = ['Deployment', 'DaemonSet', 'StatefulSet'];

const revisionsOf = (call: Call, found: Found): Revision[] =>
  found.kind.kind === 'Deployment'
    ? replicaSetsOf(call, found.object as Deployment).map((set) => ({
        number: revisionOf(set),
        cause: set.metadata.annotations?.[CHANGE_CAUSE],
        template: set.spec.template,
      }))
    : controllerRevisions(call, found);

function history(call: Call, found: Found): void {
  const { kind, object } = found;
  if (!HISTORIANS.includes(kind.kind)) {
    fail(
      call,
      `error retrieving history for "${kind.kind}", no visitor method exists for {${kind.group} ${kind.kind}}`,
    );
    return;
  }
  const revisions = revisionsOf(call, found);
  const wanted = Number(valueOf(call, 'revision') ?? 0);
  const target = formatTarget(kind, object.metadata.name);
  if (wanted > 0) {
    const revision = revisions.find(({ number }) => number === wanted);
    if (!revision?.template) {
      fail(call, 'unable to find the specified revision');
      return;
    }
    const text = describeTemplate(revision.template, revision.cause);
    call.stdout += `${target} with revision #${wanted}\n${text}\n`;
    return;
  }
  const rows = revisions.map(({ number, cause }) => `${number}\t${cause ?? '<none>'}\n`);
  call.stdout += `${target} \n${alignTabs(`REVISION\tCHANGE-CAUSE\n${rows.join('')}`, WIDE_TABS)}\n`;
}

/** The template without what the Deployment adds to each ReplicaSet's. */
function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const copy = copyPlain(template);
  delete copy.metadata?.labels?.[POD_TEMPLATE_HASH_LABEL];
  return copy;
}

const skipped = (number: number) =>
  `skipped rollback (current template already matches revision ${number})`;

/** Brings an earlier ControllerRevision's template back. */
function undoByRevision(call: Call, found: Found): Made | undefined {
  const revisions = controllerRevisions(call, found);
  const wanted = Number(valueOf(call, 'to-revision') ?? 0);
  if (wanted === 0 && revisions.length <= 1) {
    fail(call, 'no last revision to roll back to');
    return undefined;
  }
  const chosen =
    wanted === 0 ? revisions.at(-2) : revisions.find(({ number }) => number === wanted);
  if (!chosen?.template) {
    fail(call, `unable to find specified revision ${wanted} in history`);
    return undefined;
  }
  const { kind, object } = found;
  const { $patch: _, ...template } = chosen.template as PodTemplateSpec & { $patch?: string };
  if (isSameJson(template, (object as StatefulSet).spec.template)) {
    return { kind, object, verb: skipped(wanted) };
  }
  const after = sendPatch(call, found, chosen.data, 'strategic');
  return after ? { kind, object: after, verb: 'rolled back' } : undefined;
}

function undo(call: Call, found: Found): Made | undefined {
  const { kind } = found;
  if (kind.kind === 'DaemonSet' || kind.kind === 'StatefulSet') return undoByRevision(call, found);
  if (kind.kind !== 'Deployment') {
    fail(
      call,
      `error retrieving rollbacker for "${kind.kind}", no visitor method exists for {${kind.group} ${kind.kind}}`,
    );
    return undefined;
  }
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
    return { kind, object: deployment, verb: skipped(revisionOf(set)) };
  }
  const patch = [{ op: 'replace', path: '/spec/template', value: template }];
  const after = sendPatch(call, found, patch, 'json');
  return after ? { kind, object: after, verb: 'rolled back' } : undefined;
}

/** `deployments.apps "web"`, before what cannot be done with it. */
const named = ({ kind, object }: Found) =>
  `${groupResource(kind)} ${JSON.stringify(object.metadata.name)}`;

function restart(call: Call, found: Found): Made | undefined {
  const deployment = found.object as Deployment;
  if (!HISTORIANS.includes(found.kind.kind)) {
    fail(call, `${named(found)} restarting is not supported`);
    return undefined;
  }
  if (deployment.spec.paused) {
    fail(call, `${named(found)} can't restart paused deployment (run rollout resume first)`);
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
  if (found.kind.kind !== 'Deployment') {
    fail(call, `${named(found)} ${wanted === 'paused' ? 'pausing' : 'resuming'} is not supported`);
    return undefined;
  }
  const isPaused = deployment.spec.paused ?? false;
  if (isPaused === (wanted === 'paused')) {
    fail(call, `${named(found)} is ${wanted === 'paused' ? 'already paused' : 'not paused'}`);
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
  if (what === 'status') return startStatus(call, found);
  if (what === 'history') {
    for (const one of found) history(call, one);
    return undefined;
  }
  const made = found.flatMap((one) => change?.(call, one) ?? []);
  printMade(call, made, dryRunOf(call) ?? 'none');
  return undefined;
}
