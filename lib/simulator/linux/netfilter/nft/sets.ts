import { setMember, type Transaction } from './transaction.ts';
import type { NftCommand, NftProblem } from './command.ts';
import { flushElements } from './elements.ts';
import type { NftSetBody, NftTable } from './model.ts';

type SetCommand = Extract<NftCommand, { object: 'set' }>;
type ProblemText = NftProblem['text'];

const isSameShape = (a: NftSetBody, b: NftSetBody) =>
  a.kind === b.kind &&
  a.type.join() === b.type.join() &&
  String(a.data) === String(b.data) &&
  [...(a.flags ?? [])].sort().join() === [...(b.flags ?? [])].sort().join();

/** A set that packets fill has an upper size, and elements that go need the flag (evaluate.c of nft). */
function withDefaults(body: NftSetBody): NftSetBody {
  const isDynamic = body.flags?.includes('dynamic') ?? false;
  if (isDynamic) return body.size === undefined ? { ...body, size: 65_535 } : body;
  // A time-out says that elements go: the flag is not listed beside it, unless there are others.
  const isTimeoutAlone = body.timeout !== undefined && body.flags?.join() === 'timeout';
  if (!isTimeoutAlone) return body;
  const { flags: _, ...rest } = body;
  return rest;
}

/** nf_tables_newset. */
export function addSet(
  transaction: Transaction,
  table: NftTable,
  { verb, name, set }: Extract<SetCommand, { verb: 'add' | 'create' }>,
): ProblemText | undefined {
  const existing = table.sets[name];
  if (existing) {
    return verb === 'create' || !isSameShape(existing, withDefaults(set))
      ? 'File exists'
      : undefined;
  }
  setMember(transaction, table.sets, name, {
    name,
    handle: table.nextHandle++,
    ...withDefaults(set),
    uses: 0,
    elements: {},
  });
  return undefined;
}

/** nf_tables_delset: not while a rule looks into it. */
export function removeSet(
  transaction: Transaction,
  table: NftTable,
  { verb, name }: Extract<SetCommand, { kind: 'set' | 'map' }>,
): ProblemText | undefined {
  const set = table.sets[name];
  // A map is a set to the kernel: `delete set` takes either.
  if (!set) return verb === 'destroy' ? undefined : 'No such file or directory';
  if (set.uses > 0) return 'Device or resource busy';
  flushElements(transaction, table, name);
  setMember(transaction, table.sets, name, undefined);
  return undefined;
}
