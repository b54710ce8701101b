import type { ApiResult, Status } from '../api/meta/object.ts';
import { formatProblem, type FieldProblem } from '../api/schema/field-problem.ts';
import { groupKind, groupResource, type KindDescription } from '../api/schema/kind-description.ts';

/** How the API says no: the texts of apimachinery `api/errors`. */

type Names = Pick<KindDescription, 'group' | 'plural' | 'kind'>;

function failure(
  code: number,
  reason: string,
  message: string,
  details?: Status['details'],
): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  };
}

const detailsOf = ({ group, plural }: Names, name: string): NonNullable<Status['details']> => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const notFound = (kind: Names, name: string): Status =>
  failure(404, 'NotFound', `${groupResource(kind)} "${name}" not found`, detailsOf(kind, name));

export const alreadyExists = (kind: Names, name: string): Status =>
  failure(
    409,
    'AlreadyExists',
    `${groupResource(kind)} "${name}" already exists`,
    detailsOf(kind, name),
  );

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export const conflict = (kind: Names, name: string, why: string): Status =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${groupResource(kind)} "${name}": ${why}`,
    detailsOf(kind, name),
  );

export const forbiddenStatus = (kind: Names, name: string, why: string): Status =>
  failure(
    403,
    'Forbidden',
    name === ''
      ? `${groupResource(kind)} is forbidden: ${why}`
      : `${groupResource(kind)} "${name}" is forbidden: ${why}`,
    detailsOf(kind, name),
  );

/** 403 for content of a namespace that is going away; clients know it by its cause. */
export function namespaceTerminating(kind: Names, name: string, namespace: string): Status {
  const status = forbiddenStatus(
    kind,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  return {
    ...status,
    details: {
      ...status.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  };
}

/** Several problems stand in brackets, a single one as it is (utilerrors `NewAggregate`); equal ones once. */
function joinProblems(problems: readonly FieldProblem[]): string {
  const texts = [...new Set(problems.map(formatProblem))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

export function invalidStatus(
  kind: Names,
  name: string,
  problems: readonly FieldProblem[],
): Status {
  return failure(
    422,
    'Invalid',
    `${groupKind(kind)} "${name}" is invalid: ${joinProblems(problems)}`,
    {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  );
}

export const badRequest = (message: string): Status => failure(400, 'BadRequest', message);

export const statusFailure = failure;

export const refused = (status: Status): ApiResult<never> => ({ ok: false, status });
export const accepted = <T>(value: T): ApiResult<T> => ({ ok: true, value });
