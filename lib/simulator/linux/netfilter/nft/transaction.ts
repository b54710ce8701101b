import type { Micros } from '../../../base/clock.ts';
import type { NftCulprit } from './command.ts';
import type { NftRuleset, NftTable } from './model.ts';

/** A transaction while it is made: what was done is undone, last first, when a later command fails. */
export interface Transaction {
  readonly ruleset: NftRuleset;
  readonly now: Micros;
  readonly undo: (() => void)[];
  /** Tables that were made in this transaction: they go as a whole when it fails. */
  readonly made: Set<NftTable>;
  /** The command in hand is about one of those. */
  isInMade?: boolean;
  /** What of the command that is being refused is to blame, when it is not the object it is about. */
  culprit?: NftCulprit;
}

/** Remembers how to take back a change within a table. */
export function rememberUndo({ undo, isInMade }: Transaction, change: () => void): void {
  if (!isInMade) undo.push(change);
}

/** Sets a member of a record, or takes it away, and remembers how to go back. */
export function setMember<V>(
  transaction: Transaction,
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
  rememberUndo(transaction, () => {
    put(old);
  });
}
