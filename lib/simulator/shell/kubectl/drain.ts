import { hasEnded, type Pod } from '../../api/core/pod.ts';
import { SECOND, type Micros } from '../../base/clock.ts';
import { requireKind } from '../../api/kinds.ts';
import type { Status } from '../../api/meta/object.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { CommandResult, Follower } from '../command.ts';
import { apiServerOf, ask, failUsage, isSet, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { cordonNodes } from './modify.ts';
import { parseDuration } from './parse-duration.ts';
import { dryRunOf } from './print-made.ts';
import { findObjects } from './resources.ts';

export const DRAIN_FLAGS: readonly FlagSpec[] = [
  flag('force', 'boolean'),
  flag('ignore-daemonsets', 'boolean'),
  flag('delete-emptydir-data', 'boolean'),
  flag('grace-period', 'int'),
  flag('timeout', 'duration'),
  flag('selector', 'string', 'l'),
  flag('pod-selector', 'string'),
  flag('disable-eviction', 'boolean'),
  flag('skip-wait-for-delete-timeout', 'int'),
  flag('chunk-size', 'int'),
  flag('dry-run', 'string', undefined, 'unchanged'),
];

export const DRAIN_FOLLOWER = 'kubectl drain';

/** Time between two tries of an eviction that a budget refused. */
const RETRY_AFTER = 5 * SECOND;

interface LeavingPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** When it is asked to go next; undefined when it was told to go. */
  askAt: Micros | undefined;
}

interface NodePlan {
  readonly node: string;
  readonly pods: LeavingPod[];
  /** What stands in the way; such a node keeps its pods. */
  readonly problem?: string;
  readonly warning: string;
}

/** A running drain: nodes one after the other. Plain data. */
interface DrainState {
  readonly plans: NodePlan[];
  readonly verb: 'evict' | 'delete';
  readonly grace?: number;
  readonly endsAt?: Micros;
  readonly timeout: string;
  at: number;
  hasBegun: boolean;
  readonly failed: { readonly node: string; readonly problem: string }[];
}

type Verdict = { readonly go: boolean; readonly warning?: string; readonly problem?: string };

const STAYS: Verdict = { go: false };
const GOES: Verdict = { go: true };

/** Whether a pod is to go: kubectl/pkg/drain/filters.go, the last filter's word counts. */
function judge(call: Call, { metadata, spec, status }: Pod): Verdict {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  const isOver = hasEnded({ status });
  if (controller?.kind === 'DaemonSet' && !isOver) {
    return isSet(call, 'ignore-daemonsets')
      ? { go: false, warning: 'ignoring DaemonSet-managed Pods' }
      : {
          go: false,
          problem: 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
        };
  }
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return STAYS;
  if (isOver) return GOES;
  const hasLocal = spec.volumes?.some(({ emptyDir }) => emptyDir) ?? false;
  if (hasLocal && !isSet(call, 'delete-emptydir-data')) {
    return {
      go: false,
      problem: 'cannot delete Pods with local storage (use --delete-emptydir-data to override)',
    };
  }
  if (controller) return GOES;
  return isSet(call, 'force')
    ? { go: true, warning: 'deleting Pods that declare no controller' }
    : {
        go: false,
        problem: 'cannot delete Pods that declare no controller (use --force to override)',
      };
}

function planNode(call: Call, node: string): NodePlan {
  const answer = ask<{ items: readonly Pod[] }>(call, {
    method: 'GET',
    path:
      urlOf(requireKind('Pod'), undefined) +
      queryOf({
        fieldSelector: `spec.nodeName=${node}`,
        labelSelector: valueOf(call, 'pod-selector'),
      }),
  });
  const notes = { problem: new Map<string, string[]>(), warning: new Map<string, string[]>() };
  const pods: LeavingPod[] = [];
  for (const pod of answer.ok ? answer.value.items : []) {
    const verdict = judge(call, pod);
    const { namespace = '', name, uid = '' } = pod.metadata;
    if (verdict.go) pods.push({ namespace, name, uid, askAt: call.server.now });
    for (const word of ['problem', 'warning'] as const) {
      const text = verdict[word];
      if (text === undefined) continue;
      notes[word].set(text, [...(notes[word].get(text) ?? []), `${namespace}/${name}`]);
    }
  }
  const join = (map: Map<string, string[]>) =>
    [...map].map(([text, names]) => `${text}: ${names.join(', ')}`);
  const problems = join(notes.problem).map((text) => `cannot delete ${text}`);
  const problem = problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
  return {
    node,
    pods,
    warning: join(notes.warning).join('; '),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Asks a pod to go; what was printed about a refusal, or undefined when it was told. */
function sendAway(
  state: DrainState,
  pod: LeavingPod,
  context: Parameters<Follower>[1],
): string | undefined {
  const { namespace, name } = pod;
  const evicts = state.verb === 'evict';
  const grace = state.grace === undefined ? {} : { gracePeriodSeconds: state.grace };
  const response = handleRequest(
    {
      method: evicts ? 'POST' : 'DELETE',
      path: urlOf(requireKind('Pod'), namespace, name, evicts ? 'eviction' : ''),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        evicts
          ? {
              apiVersion: 'policy/v1',
              kind: 'Eviction',
              metadata: { name, namespace },
              deleteOptions: grace,
            }
          : { apiVersion: 'v1', kind: 'DeleteOptions', ...grace },
      ),
    },
    apiServerOf(context),
  );
  if (response.type !== 'json' || response.status < 400 || response.status === 404) {
    pod.askAt = undefined;
    return undefined;
  }
  const { message = '' } = JSON.parse(response.body) as Status;
  pod.askAt = context.cluster.now + RETRY_AFTER;
  return `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)} (will retry after 5s): ${message}\n`;
}

/** Lets the pods of one node go; what it printed. */
function drainPods(state: DrainState, plan: NodePlan, context: Parameters<Follower>[1]): string {
  const { store, now } = context.cluster;
  let output = '';
  const left: LeavingPod[] = [];
  for (const pod of plan.pods) {
    if (pod.askAt !== undefined && now >= pod.askAt) {
      if (state.verb === 'evict') output += `evicting pod ${pod.namespace}/${pod.name}\n`;
      output += sendAway(state, pod, context) ?? '';
    }
    left.push(pod);
  }
  plan.pods.splice(0, plan.pods.length);
  for (const pod of left) {
    const isThere = store.get('Pod', pod.namespace, pod.name)?.metadata.uid === pod.uid;
    if (pod.askAt === undefined && !isThere) {
      output += `pod/${pod.name} ${state.verb === 'evict' ? 'evicted' : 'deleted'}\n`;
    } else plan.pods.push(pod);
  }
  return output;
}

const pendingText = (failed: DrainState['failed']) =>
  failed.length === 0
    ? ''
    : `There are pending nodes to be drained:\n${failed.map(({ node }) => ` ${node}\n`).join('')}${failed.map(({ problem }) => `${problem}\n`).join('')}`;

function failNode(state: DrainState, plan: NodePlan, problem: string): string {
  state.failed.push({ node: plan.node, problem });
  state.at += 1;
  state.hasBegun = false;
  return `error: unable to drain node ${JSON.stringify(plan.node)} due to error: ${problem}, continuing command...\n`;
}

function timeoutText(
  state: DrainState,
  { node, pods }: NodePlan,
): { said: string; problem: string } {
  const problem = pods
    .map(({ namespace, name, askAt }) =>
      askAt === undefined
        ? `error when waiting for pod ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)} to terminate: global timeout reached: ${state.timeout}`
        : `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}: global timeout reached: ${state.timeout}`,
    )
    .join(', ');
  const shown = pods.length > 1 ? `[${problem}]` : problem;
  const list = pods.map(({ name }) => `pod/${name}\n`).join('');
  return {
    said: `There are pending pods in node ${JSON.stringify(node)} when an error occurred: ${shown}\n${list}`,
    problem: shown,
  };
}

/** Continues a drain: node after node, each until its last pod has gone. */
export const followDrain: Follower = (given, context) => {
  const state = given as DrainState;
  let output = '';
  for (;;) {
    const plan = state.plans[state.at];
    if (!plan) {
      return {
        output: output + pendingText(state.failed),
        exitCode: state.failed.length > 0 ? 1 : 0,
      };
    }
    if (plan.problem !== undefined) {
      output += failNode(state, plan, plan.problem);
      continue;
    }
    if (!state.hasBegun && plan.warning !== '') output += `Warning: ${plan.warning}\n`;
    state.hasBegun = true;
    output += drainPods(state, plan, context);
    if (plan.pods.length > 0) {
      if (state.endsAt === undefined || context.cluster.now < state.endsAt) return { output };
      const { said, problem } = timeoutText(state, plan);
      output += said + failNode(state, plan, problem);
      continue;
    }
    output += `node/${plan.node} drained\n`;
    state.at += 1;
    state.hasBegun = false;
  }
};

/** `kubectl drain`. */
export function drain(call: Call): CommandResult | undefined {
  const { words } = call.flags;
  if (words.length === 0 && valueOf(call, 'selector') === undefined) {
    failUsage(call, 'USAGE: drain NODE [flags]');
    return undefined;
  }
  const dryRun = dryRunOf(call);
  const found = dryRun && findObjects(call, ['nodes', ...words]);
  if (!found || call.exitCode !== 0) return undefined;
  cordonNodes(call, found, 'cordon', dryRun);
  const plans = found.map(({ object }) => planNode(call, object.metadata.name));
  if (dryRun !== 'none') {
    for (const { pods, node, warning } of plans) {
      if (warning !== '') call.stderr += `Warning: ${warning}\n`;
      const suffix = dryRun === 'server' ? ' (server dry run)' : ' (dry run)';
      for (const { namespace, name } of pods) {
        call.stdout += `evicting pod ${namespace}/${name}${suffix}\n`;
      }
      call.stdout += `node/${node} drained${suffix}\n`;
    }
    return undefined;
  }
  const timeout = parseDuration(valueOf(call, 'timeout') ?? '0') ?? 0;
  const grace = Number(valueOf(call, 'grace-period') ?? -1);
  const state: DrainState = {
    plans,
    verb: isSet(call, 'disable-eviction') ? 'delete' : 'evict',
    ...(grace < 0 ? {} : { grace }),
    ...(timeout > 0 ? { endsAt: call.server.now + timeout } : {}),
    timeout: valueOf(call, 'timeout') ?? '0s',
    at: 0,
    hasBegun: false,
    failed: [],
  };
  if (plans.every(({ problem }) => problem !== undefined)) {
    const { output } = followDrain(state, call.context);
    call.stderr += output;
    call.exitCode = 1;
    return undefined;
  }
  return { type: 'following', stdout: call.stdout, follower: DRAIN_FOLLOWER, state };
}
