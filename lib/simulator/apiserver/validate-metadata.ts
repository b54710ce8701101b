import type { KubeObject } from '../api/meta/object.ts';
import { labelKeyProblem } from '../api/meta/names.ts';
import { validateLabelMap } from '../api/core/validate-service.ts';
import { forbidden, invalid, required, type FieldProblem } from '../api/schema/field-problem.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;

function validateAnnotations(annotations: Readonly<Record<string, string>>): FieldProblem[] {
  const problems = Object.keys(annotations).flatMap((key) => {
    const problem = labelKeyProblem(key.toLowerCase());
    return problem ? [invalid('metadata.annotations', key, problem)] : [];
  });
  const size = Object.entries(annotations).reduce((sum, [k, v]) => sum + k.length + v.length, 0);
  if (size > ANNOTATIONS_LIMIT) {
    problems.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`,
    });
  }
  return problems;
}

function validateOwners({ metadata }: KubeObject): FieldProblem[] {
  const owners = metadata.ownerReferences ?? [];
  const problems = owners.flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const).flatMap((field) =>
      owner[field]
        ? []
        : [
            invalid(
              `metadata.ownerReferences[${index}].${field}`,
              '',
              field === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
            ),
          ],
    ),
  );
  const controllers = owners.filter(({ controller }) => controller);
  if (controllers.length > 1) {
    problems.push(
      invalid(
        'metadata.ownerReferences',
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]?.name} and ${controllers[1]?.name}`,
      ),
    );
  }
  return problems;
}

function validateFinalizers(finalizers: readonly string[]): FieldProblem[] {
  const problems = finalizers.flatMap((name) => {
    const problem = labelKeyProblem(name);
    return problem ? [invalid('metadata.finalizers', name, problem)] : [];
  });
  const [orphan, foreground] = ['orphan', 'foregroundDeletion'].map((name) =>
    finalizers.includes(name),
  );
  if (orphan && foreground) {
    const why = 'finalizer orphan and foregroundDeletion cannot be both set';
    problems.push(invalid('metadata.finalizers', finalizers, why));
  }
  return problems;
}

/** metadata of any object (apimachinery api/validation `ValidateObjectMeta`). */
export function validateMetadata(kind: KindDescription, object: KubeObject): FieldProblem[] {
  const { metadata } = object;
  const problems: FieldProblem[] = [];
  if (!metadata.name) {
    problems.push(required('metadata.name', 'name or generateName is required'));
  } else {
    problems.push(
      ...kind.nameProblems(metadata.name).map((p) => invalid('metadata.name', metadata.name, p)),
    );
  }
  if (!kind.isNamespaced && metadata.namespace) {
    problems.push(forbidden('metadata.namespace', 'not allowed on this type'));
  }
  return [
    ...problems,
    ...validateLabelMap(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations ?? {}),
    ...validateOwners(object),
    ...validateFinalizers(metadata.finalizers ?? []),
  ];
}

/** What an update may not do to metadata (apimachinery api/validation `ValidateObjectMetaUpdate`). */
export function validateMetadataUpdate(object: KubeObject, previous: KubeObject): FieldProblem[] {
  if (previous.metadata.deletionTimestamp === undefined) return [];
  const known = previous.metadata.finalizers ?? [];
  const added = (object.metadata.finalizers ?? []).filter((name) => !known.includes(name));
  if (added.length === 0) return [];
  const list = added.map((name) => JSON.stringify(name)).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [forbidden('metadata.finalizers', why)];
}
