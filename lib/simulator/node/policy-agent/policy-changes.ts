import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import { hasEnded, type Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Store, StoreChange } from '../../apiserver/store.ts';
import { isSameJson } from '../../base/same-json.ts';
import { POLICY_KINDS } from '../../policy/normalize-policies.ts';
import { isFirewallRunning } from './enforces-policies.ts';

const isPolicy = ({ kind }: KubeObject) => (POLICY_KINDS as readonly string[]).includes(kind);

/** Whether any policy is there at all: where none is nobody need look. */
const hasPolicies = (store: Store): boolean =>
  POLICY_KINDS.some((kind) => store.list(kind).length > 0);

/** What of an object the agent reads. */
function readPart(object: KubeObject): unknown {
  switch (object.kind) {
    case 'Pod': {
      const { metadata, spec, status } = object as Pod;
      const { podIP, podIPs } = status ?? {};
      const states = [hasEnded(object as Pod), isFirewall(object)];
      return [metadata.labels, spec.nodeName, podIP, podIPs, states];
    }
    case 'Namespace':
      return (object as Namespace).metadata.labels;
    case 'Node':
      return [object.metadata.labels, (object as Node).status?.addresses];
    default:
      return undefined;
  }
}

const READ_KINDS: readonly string[] = ['Pod', 'Namespace', 'Node'];

const isFirewall = (object: KubeObject | undefined) =>
  object?.kind === 'Pod' && isFirewallRunning(object as Pod);

/**
 * Whether a change may change rules. Without any policy only the end of the last one does, and a kube-router that starts: it may
 * find rules of policies that are no more.
 */
export function changesRules({ type, object, previous }: StoreChange, store: Store): boolean {
  if (isPolicy(object)) return true;
  if (!READ_KINDS.includes(object.kind)) return false;
  if (!hasPolicies(store)) return isFirewall(object) && !isFirewall(previous);
  return type !== 'MODIFIED' || !previous || !isSameJson(readPart(object), readPart(previous));
}
