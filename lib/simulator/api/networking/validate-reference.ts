import { dnsSubdomainProblems, pathSegmentProblems } from '../meta/names.ts';
import { invalid, required, type FieldProblem } from '../schema/field-problem.ts';

/** A part of a reference that must be there and fit into a path. */
export const validateSegment = (text: string | undefined, field: string): FieldProblem[] =>
  text
    ? pathSegmentProblems(text).map((problem) => invalid(field, text, problem))
    : [required(field)];

/** A reference to an object by group, kind and name (`validateIngressTypedLocalObjectReference`). */
export const validateLocalReference = (
  { apiGroup, kind, name }: { apiGroup?: string; kind: string; name: string },
  field: string,
): FieldProblem[] => [
  ...(apiGroup === undefined ? [] : dnsSubdomainProblems(apiGroup)).map((problem) =>
    invalid(`${field}.apiGroup`, apiGroup, problem),
  ),
  ...validateSegment(kind, `${field}.kind`),
  ...validateSegment(name, `${field}.name`),
];
