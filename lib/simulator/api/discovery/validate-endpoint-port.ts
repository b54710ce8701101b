import { dnsLabelProblems } from '../meta/names.ts';
import { duplicate, invalid, type FieldProblem } from '../schema/field-problem.ts';

/** A port name of a slice: a DNS label or empty, once in the slice. `seen` collects the names. */
export function validatePortNameOf(name: string, field: string, seen: Set<string>): FieldProblem[] {
  const problems =
    name === ''
      ? []
      : dnsLabelProblems(name).map((problem) => invalid(`${field}.name`, name, problem));
  if (seen.has(name)) problems.push(duplicate(`${field}.name`, name));
  seen.add(name);
  return problems;
}
