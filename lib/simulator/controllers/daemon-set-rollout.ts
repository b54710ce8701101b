import { scaledCount } from '../api/apps/validate-counts.ts';
import type { Pod } from '../api/core/pod.ts';
import { allowsSurge, isUpdated, wantedNodes, type DaemonView } from './daemon-set-view.ts';
import { isTerminating } from './pod-condition.ts';

interface Changes {
  /** Nodes that get a new pod beside the old one. */
  readonly missing: readonly string[];
  /** Old pods that may go now. */
  readonly excess: readonly Pod[];
}

interface OnNode {
  readonly node: string;
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
}

/** At most one pod of each sort on each node; the others are the core loop's to tidy up. */
function eachNode(view: DaemonView): (OnNode | 'untidy')[] {
  return [...view.podsOn].map(([node, pods]) => {
    const staying = pods.filter((pod) => !isTerminating(pod));
    const fresh = staying.filter((pod) => isUpdated(view, pod));
    const old = staying.filter((pod) => !isUpdated(view, pod));
    return fresh.length > 1 || old.length > 1 ? 'untidy' : { node, fresh: fresh[0], old: old[0] };
  });
}

function limits(view: DaemonView): { surge: number; unavailable: number } {
  const wanted = wantedNodes(view).length;
  const { maxSurge = 0, maxUnavailable = 1 } = view.set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaledCount(maxSurge, wanted, Math.ceil);
  const unavailable = scaledCount(maxUnavailable, wanted, Math.ceil);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Old pods go first, as many as may be missing; the core loop makes the new ones. */
function withoutSurge(view: DaemonView): Changes {
  const replaceable: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const each of eachNode(view)) {
    if (each === 'untidy' || (each.fresh === undefined) === (each.old === undefined)) {
      unavailable += 1;
    } else if (each.fresh) {
      if (!view.isAvailable(each.fresh)) unavailable += 1;
    } else if (each.old) {
      (view.isAvailable(each.old) ? candidates : replaceable).push(each.old);
    }
  }
  const room = Math.max(0, limits(view).unavailable - unavailable);
  return { missing: [], excess: [...replaceable, ...candidates.slice(0, room)] };
}

/** New pods come first, as many as there may be more; an old one goes when its successor is available. */
function withSurge(view: DaemonView): Changes {
  const excess: Pod[] = [];
  const replaceable: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  for (const each of eachNode(view)) {
    if (each === 'untidy') surging += 1;
    else if (!each.old) continue;
    else if (!each.fresh) {
      (view.isAvailable(each.old) ? candidates : replaceable).push(each.node);
    } else if (view.isAvailable(each.fresh)) excess.push(each.old);
    else surging += 1;
  }
  const room = Math.max(0, limits(view).surge - surging);
  return { missing: [...replaceable, ...candidates.slice(0, room)], excess };
}

/** The next step of a rolling update of a DaemonSet (pkg/controller/daemon/update.go `rollingUpdate`). */
export const daemonRollout = (view: DaemonView): Changes =>
  allowsSurge(view.set) ? withSurge(view) : withoutSurge(view);
