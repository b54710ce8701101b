import { invalid, type FieldProblem } from '../schema/field-problem.ts';

/** `ValidateNonnegativeField` for each number that is there. */
export function validateCounts(
  counts: Readonly<Record<string, number | undefined>>,
  at: string,
): FieldProblem[] {
  return Object.entries(counts).flatMap(([name, count]) =>
    count !== undefined && count < 0
      ? [invalid(`${at}.${name}`, count, 'must be greater than or equal to 0')]
      : [],
  );
}

/** `ValidatePositiveIntOrPercent`. */
export function validateCountOrPercent(
  value: number | string | undefined,
  field: string,
): FieldProblem[] {
  if (typeof value === 'number') {
    return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
  }
  if (value !== undefined && !/^[0-9]+%$/.test(value)) {
    return [
      invalid(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  }
  return [];
}

/** `IsNotMoreThan100Percent`. */
export const validateAtMostAll = (
  value: number | string | undefined,
  field: string,
): FieldProblem[] =>
  typeof value === 'string' && Number.parseInt(value, 10) > 100
    ? [invalid(field, value, 'must not be greater than 100%')]
    : [];

/** Nothing, `0` or `0%`. */
export const isZero = (value: number | string | undefined) =>
  value === undefined || Number.parseInt(String(value), 10) === 0;

/** A count, or a percentage of `total` rounded by `round` (intstr `GetScaledValueFromIntOrPercent`). */
export function scaledCount(
  value: number | string,
  total: number,
  round: (n: number) => number,
): number {
  return typeof value === 'number' ? value : round((total * Number(value.replace('%', ''))) / 100);
}
