import { formatTimestamp } from '../base/clock.ts';
import { hasEnded, isPodReady, type Pod } from '../api/core/pod.ts';
import { matchesLabelSelector } from '../api/meta/label-selector.ts';
import type { Status } from '../api/meta/object.ts';
import type { PodDisruptionBudget } from '../api/policy/pod-disruption-budget.ts';
import { readSent } from './read-sent.ts';
import type { ResourcePath } from './request-path.ts';
import { jsonResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import { badRequest, notFound, statusFailure } from './status.ts';
import type { Store } from './store.ts';

const REFUSAL = "Cannot evict pod as it would violate the pod's disruption budget.";
/** Seconds that a client is asked to wait where the controller has not caught up. */
const RETRY_AFTER = 10;

const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

interface Eviction {
  readonly metadata?: { readonly name?: string };
  readonly deleteOptions?: {
    readonly gracePeriodSeconds?: number;
    readonly dryRun?: readonly string[];
    readonly preconditions?: { readonly uid?: string };
  };
}

/** 429 with what the budget says, and perhaps when to come back. */
function tooMany(message: string, retryAfterSeconds?: number): Status {
  return statusFailure(429, 'TooManyRequests', REFUSAL, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** Pods that are over, have not begun or are going already count in no budget (`canIgnorePDB`). */
const countsForNobody = (pod: Pod) =>
  pod.metadata.deletionTimestamp !== undefined || hasEnded(pod) || pod.status?.phase === 'Pending';

const budgetsOf = (pod: Pod, store: Store) =>
  store
    .list<PodDisruptionBudget>('PodDisruptionBudget', { namespace: pod.metadata.namespace ?? '' })
    .filter(({ spec }) => matchesLabelSelector(spec.selector, pod.metadata.labels));

/** Whether a pod that is not ready may go without costing its budget anything (`unhealthyPodEvictionPolicy`). */
function goesFree(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** Takes one disruption from the budget, or says why it has none (`checkAndDecrement`). */
function spend(pod: Pod, budget: PodDisruptionBudget, store: Store, time: string) {
  const { name, generation = 0 } = budget.metadata;
  const { status = {} } = budget;
  if ((status.observedGeneration ?? 0) < generation) {
    const why = `The disruption budget ${name} is still being processed by the server.`;
    return tooMany(why, RETRY_AFTER);
  }
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0 } = status;
  if (disruptionsAllowed <= 0) {
    return tooMany(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: time };
  const written = store.updateStatus<PodDisruptionBudget>({
    ...budget,
    status: { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods },
  });
  return written.ok ? undefined : written.status;
}

function checkBudgets(pod: Pod, store: Store, time: string): Status | undefined {
  if (countsForNobody(pod)) return undefined;
  const [budget, ...others] = budgetsOf(pod, store);
  if (!budget) return undefined;
  if (others.length > 0) {
    return statusFailure(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  return goesFree(pod, budget) ? undefined : spend(pod, budget, store, time);
}

/** The pod says who ends it, before it is ended. */
function markEvicted(pod: Pod, store: Store, time: string): void {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const conditions = [
    ...others,
    {
      type: 'DisruptionTarget',
      status: 'True' as const,
      lastProbeTime: null,
      lastTransitionTime: time,
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    },
  ];
  store.updateStatus<Pod>({ ...pod, status: { ...pod.status, conditions } });
}

/**
 * POST of `/eviction`: deletes a pod if its PodDisruptionBudget allows it; what `kubectl drain` asks for.
 * Source: pkg/registry/core/pod/storage/eviction.go.
 */
export function handleEviction(
  request: RestRequest,
  path: ResourcePath,
  query: ReadonlyMap<string, readonly string[]>,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '' } = path;
  const sent = readSent(request);
  if (!sent.ok) return statusResponse(sent.status);
  const eviction = (sent.value ?? {}) as Eviction;
  const sentName = eviction.metadata?.name ?? '';
  if (sentName !== '' && sentName !== name) {
    return statusResponse(badRequest('name in URL does not match name in Eviction object'));
  }
  const { deleteOptions = {} } = eviction;
  const isDry = [...(query.get('dryRun') ?? []), ...(deleteOptions.dryRun ?? [])].includes('All');
  const store = isDry ? server.store.dryRun() : server.store;
  const pod = store.get<Pod>('Pod', namespace, name);
  if (!pod) return statusResponse(notFound(kind, name));
  const time = formatTimestamp(server.now);
  const refusal = checkBudgets(pod, store, time);
  if (refusal) return statusResponse(refusal);
  if (!countsForNobody(pod)) markEvicted(pod, store, time);
  const { gracePeriodSeconds, preconditions } = deleteOptions;
  const deleted = store.delete('Pod', namespace, name, {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions?.uid === undefined ? {} : { uid: preconditions.uid }),
  });
  return deleted.ok ? jsonResponse(201, CREATED) : statusResponse(deleted.status);
}
