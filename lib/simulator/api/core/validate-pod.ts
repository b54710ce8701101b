import { copyPlain } from '../../base/copy.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { FieldProblem } from '../schema/field-problem.ts';
import { forbidden } from '../schema/field-problem.ts';
import type { Pod, PodSpec } from './pod.ts';
import { validatePodSpec } from './validate-pod-spec.ts';

export function validatePod(pod: Pod): FieldProblem[] {
  return validatePodSpec(pod.spec, 'spec');
}

const UPDATE_MESSAGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The spec with all that may change taken out. */
function frozenPart(pod: Pod): PodSpec {
  const spec = copyPlain(pod.spec);
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    delete container.image;
    delete container.imagePullPolicy;
  }
  delete spec.activeDeadlineSeconds;
  delete spec.tolerations;
  delete spec.nodeName;
  return spec;
}

/** `ValidatePodUpdate`. Simplified: a node name may be set by an update, where upstream has the `binding` subresource. */
export function validatePodUpdate(pod: Pod, previous: Pod): FieldProblem[] {
  const isBound = (previous.spec.nodeName ?? '') !== '';
  const moves = isBound && pod.spec.nodeName !== previous.spec.nodeName;
  return moves || !isSameJson(frozenPart(pod), frozenPart(previous))
    ? [forbidden('spec', UPDATE_MESSAGE)]
    : [];
}
