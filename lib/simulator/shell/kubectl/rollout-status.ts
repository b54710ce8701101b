import type { Micros } from '../../base/clock.ts';
import type { DaemonSet } from '../../api/apps/daemon-set.ts';
import type { Deployment } from '../../api/apps/deployment.ts';
import type { StatefulSet } from '../../api/apps/stateful-set.ts';
import { kindKey } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { groupKind } from '../../api/schema/kind-description.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import { pollWatch, type Watcher } from '../../apiserver/watch.ts';
import type { CommandResult, Follower } from '../command.ts';
import { apiServerOf, fail, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { parseDuration } from './parse-duration.ts';
import type { Found } from './resources.ts';

export const ROLLOUT_FOLLOWER = 'kubectl rollout status';

/** A line about how far a rollout is, and whether it is over (kubectl/pkg/polymorphichelpers/rollout_status.go). */
interface RolloutStatus {
  readonly text: string;
  readonly end?: 'done' | 'failed';
}

const going = (text: string): RolloutStatus => ({ text: `${text}\n` });
const done = (text: string): RolloutStatus => ({ text: `${text}\n`, end: 'done' });
const failed = (text: string): RolloutStatus => ({ text: `error: ${text}\n`, end: 'failed' });

function deploymentStatus({ metadata, spec, status = {} }: Deployment): RolloutStatus {
  const name = JSON.stringify(metadata.name);
  const waiting = `Waiting for deployment ${name} rollout to finish:`;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return going('Waiting for deployment spec update to be observed...');
  }
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return failed(`deployment ${name} exceeded its progress deadline`);
  }
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if (updatedReplicas < wanted) {
    return going(
      `${waiting} ${updatedReplicas} out of ${wanted} new replicas have been updated...`,
    );
  }
  if (replicas > updatedReplicas) {
    return going(
      `${waiting} ${replicas - updatedReplicas} old replicas are pending termination...`,
    );
  }
  if (availableReplicas < updatedReplicas) {
    return going(
      `${waiting} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`,
    );
  }
  return done(`deployment ${name} successfully rolled out`);
}

const ONLY_ROLLING = 'rollout status is only available for RollingUpdate strategy type';

function daemonSetStatus({ metadata, spec, status }: DaemonSet): RolloutStatus {
  if (spec.updateStrategy?.type !== 'RollingUpdate') return failed(ONLY_ROLLING);
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return going('Waiting for daemon set spec update to be observed...');
  }
  const name = JSON.stringify(metadata.name);
  const { updatedNumberScheduled: updated = 0, numberAvailable: available = 0 } = status ?? {};
  const wanted = status?.desiredNumberScheduled ?? 0;
  const waiting = `Waiting for daemon set ${name} rollout to finish:`;
  if (updated < wanted) {
    return going(`${waiting} ${updated} out of ${wanted} new pods have been updated...`);
  }
  if (available < wanted) {
    return going(`${waiting} ${available} of ${wanted} updated pods are available...`);
  }
  return done(`daemon set ${name} successfully rolled out`);
}

function statefulSetStatus({ metadata, spec, status }: StatefulSet): RolloutStatus {
  if (spec.updateStrategy?.type !== 'RollingUpdate') return failed(ONLY_ROLLING);
  const observed = status?.observedGeneration ?? 0;
  if (!status || observed === 0 || (metadata.generation ?? 0) > observed) {
    return going('Waiting for statefulset spec update to be observed...');
  }
  const { readyReplicas = 0, updatedReplicas = 0, updateRevision, currentRevision } = status;
  const wanted = spec.replicas ?? 1;
  if (readyReplicas < wanted) {
    return going(`Waiting for ${wanted - readyReplicas} pods to be ready...`);
  }
  const { rollingUpdate } = spec.updateStrategy;
  if (rollingUpdate) {
    const share = wanted - (rollingUpdate.partition ?? 0);
    if (rollingUpdate.partition !== undefined && updatedReplicas < share) {
      return going(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${share} new pods have been updated...`,
      );
    }
    return done(`partitioned roll out complete: ${updatedReplicas} new pods have been updated...`);
  }
  if (updateRevision !== currentRevision) {
    return going(
      `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...`,
    );
  }
  return done(
    `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${currentRevision}...`,
  );
}

function statusOf(object: KubeObject): RolloutStatus | undefined {
  switch (object.kind) {
    case 'Deployment':
      return deploymentStatus(object as Deployment);
    case 'DaemonSet':
      return daemonSetStatus(object as DaemonSet);
    case 'StatefulSet':
      return statefulSetStatus(object as StatefulSet);
    default:
      return undefined;
  }
}

/** Workloads whose rollouts are still to be followed, one after the other. Plain data. */
interface RolloutState {
  readonly paths: string[];
  readonly keys: { readonly kind: string; readonly namespace?: string; readonly name: string }[];
  readonly endsAt?: Micros;
  readonly watches: boolean;
  watcher?: Watcher;
}

/** A watch of the object that is followed now, from what is there on. */
function openWatch(state: RolloutState, context: Parameters<Follower>[1]): Watcher | undefined {
  const server = apiServerOf(context);
  const path = `${state.paths[0]}&resourceVersion=${server.store.resourceVersion}`;
  const response = handleRequest({ method: 'GET', path }, server);
  return response.type === 'watch' ? response.watcher : undefined;
}

/** Continues `rollout status`: a line for every change, also for one that leaves the words as they were. */
export const followRollout: Follower = (given, context) => {
  const state = given as RolloutState;
  const { store, now } = context.cluster;
  let output = '';
  while (state.keys.length > 0) {
    const [key] = state.keys;
    const events: { type: string; object: KubeObject }[] = [];
    if (state.watcher) {
      const { lines } = pollWatch(state.watcher, store, now);
      events.push(...lines.map((line) => JSON.parse(line) as (typeof events)[number]));
    } else {
      const object = key && store.get(key.kind, key.namespace, key.name);
      if (object) events.push({ type: 'ADDED', object });
      const watcher = openWatch(state, context);
      if (watcher) state.watcher = watcher;
    }
    let isOver = false;
    for (const { type, object } of events) {
      if (type === 'DELETED') {
        return { output: `${output}error: object has been deleted\n`, exitCode: 1 };
      }
      const status = type === 'BOOKMARK' ? undefined : statusOf(object);
      if (!status) continue;
      output += status.text;
      if (status.end === 'failed') return { output, exitCode: 1 };
      isOver = status.end === 'done' || !state.watches;
      if (isOver) break;
    }
    if (!isOver) break;
    state.keys.shift();
    state.paths.shift();
    delete state.watcher;
  }
  if (state.keys.length === 0) return { output, exitCode: 0 };
  return state.endsAt !== undefined && now >= state.endsAt
    ? { output: `${output}error: timed out waiting for the condition\n`, exitCode: 1 }
    : { output };
};

/** `kubectl rollout status`. */
export function startStatus(call: Call, found: readonly Found[]): CommandResult | undefined {
  const strange = found.find(({ object }) => statusOf(object) === undefined);
  if (strange) {
    fail(call, `no status viewer has been implemented for ${groupKind(strange.kind)}`);
    return undefined;
  }
  const timeout = parseDuration(valueOf(call, 'timeout') ?? '0s') ?? 0;
  const state: RolloutState = {
    keys: found.map(({ kind, object: { metadata } }) => ({
      kind: kindKey(kind),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      name: metadata.name,
    })),
    paths: found.map(({ kind, object: { metadata } }) =>
      [
        urlOf(kind, metadata.namespace),
        queryOf({ watch: 'true', fieldSelector: `metadata.name=${metadata.name}` }),
      ].join(''),
    ),
    ...(timeout > 0 ? { endsAt: call.server.now + timeout } : {}),
    watches: valueOf(call, 'watch') !== 'false',
  };
  const { output, exitCode } = followRollout(state, call.context);
  if (exitCode !== undefined) {
    const at = output.search(/^error: /m);
    call.stdout += at < 0 ? output : output.slice(0, at);
    call.stderr += at < 0 ? '' : output.slice(at);
    call.exitCode = exitCode;
    return undefined;
  }
  const stdout = call.stdout + output;
  return { type: 'following', stdout, follower: ROLLOUT_FOLLOWER, state };
}
