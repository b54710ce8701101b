/** A deep copy of plain data (objects, arrays, primitives): what state is made of. */
export function copyPlain<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: unknown) => copyPlain(item)) as T;
  const from = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(from)) {
    const member = from[key];
    if (member !== undefined) copy[key] = copyPlain(member);
  }
  return copy as T;
}
