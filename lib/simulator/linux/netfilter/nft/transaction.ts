import type { Micros } from '../../../base/clock.ts';
import type { NftCulprit } from './command.ts';
import type { NftRuleset } from './model.ts';

/** A transaction while it is made: what was done is undone, last first, when a later command fails. */
export interface Transaction {
  readonly ruleset: NftRuleset;
  readonly now: Micros;
  readonly undo: (() => void)[];
  /** What of the command that is being refused is to blame, when it is not the object it is about. */
  culprit?: NftCulprit;
}

/** Sets a member of a record, or takes it away, and remembers how to go back. */
export function setMember<V>(
  { undo }: Transaction,
  record: Record<string, V>,
  key: string,
  value: V | undefined,
): void {
  const old = Object.hasOwn(record, key) ? record[key] : undefined;
  const put = (member: V | undefined) => {
    if (member === undefined) delete record[key];
    else record[key] = member;
  };
  put(value);
  undo.push(() => {
    put(old);
  });
}
