/** Ours, and a bug: the caller shows "a fault of ours" and the learner's attempt is not counted. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws when a condition that only a bug can break is broken. Never used for a learner's mistakes. */
export function invariant(condition: unknown, message: string): asserts condition {
  // eslint-disable-next-line no-restricted-syntax -- the one place that may throw: see docs/architecture.md, "failure is data".
  if (!condition) throw new InvariantError(message);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  // eslint-disable-next-line no-restricted-syntax -- as above.
  throw new InvariantError(`unexpected value ${JSON.stringify(value)}`);
}
