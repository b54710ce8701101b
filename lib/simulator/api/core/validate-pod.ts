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

/** Gates are opened one by one; none is ever added. */
const opensGates = (pod: Pod, previous: Pod) =>
  (pod.spec.schedulingGates ?? []).every(({ name }) =>
    previous.spec.schedulingGates?.some((gate) => gate.name === name),
  );

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
  delete spec.ephemeralContainers;
  delete spec.schedulingGates;
  return spec;
}

/** Containers for debugging are added, never taken away or changed (`ValidatePodEphemeralContainersUpdate`). */
function validateEphemeral(pod: Pod, previous: Pod): FieldProblem[] {
  const now = pod.spec.ephemeralContainers ?? [];
  return (previous.spec.ephemeralContainers ?? []).flatMap((before) => {
    const found = now.find(({ name }) => name === before.name);
    const path = 'spec.ephemeralContainers';
    if (!found) {
      return [
        forbidden(path, `existing ephemeral containers "${before.name}" may not be removed\n`),
      ];
    }
    return isSameJson(found, before)
      ? []
      : [forbidden(path, `existing ephemeral containers "${before.name}" may not be changed\n`)];
  });
}

/**
 * `ValidatePodUpdate`. Simplified: an update may set a node name and add ephemeral containers, where upstream has the
 * subresources `binding` and `ephemeralcontainers`.
 */
export function validatePodUpdate(pod: Pod, previous: Pod): FieldProblem[] {
  const isBound = (previous.spec.nodeName ?? '') !== '';
  const moves = isBound && pod.spec.nodeName !== previous.spec.nodeName;
  return moves || !opensGates(pod, previous) || !isSameJson(frozenPart(pod), frozenPart(previous))
    ? [forbidden('spec', UPDATE_MESSAGE)]
    : validateEphemeral(pod, previous);
}
