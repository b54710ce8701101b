/** Freezes a plain value and all inside it; gives it back. */
export function freezeJson<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeJson(inner as unknown);
  return value;
}
