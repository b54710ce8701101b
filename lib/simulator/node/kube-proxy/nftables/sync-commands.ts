import { isSameJson } from '../../../base/same-json.ts';
import { SECOND, type Micros } from '../../../base/clock.ts';
import type { NftCommand } from '../../../linux/netfilter/nft/command.ts';
import type { NftElementBody, NftSet, NftTable } from '../../../linux/netfilter/nft/model.ts';
import type { IpFamily } from '../proxy-config.ts';
import { nftFamily } from './base-table.ts';
import type { DesiredTable } from './build-table.ts';
import { isAffinitySet, isNftServiceChain } from './names.ts';
import type { ProxyChain, ProxySet } from './words.ts';

export const TABLE = 'kube-proxy';

/** `full` writes everything, `partial` what changed since the last time: it fails when the table is not as it was left. */
export type SyncKind = 'full' | 'partial';

/** A round of syncProxyRules. */
export interface Sync {
  readonly kind: SyncKind;
  readonly stale: StaleChains;
  /** Names that Services had before they changed or went; a full round looks at all that are there. */
  readonly old?: readonly string[];
  readonly now: Micros;
}

/** Chains that were emptied, and when: kernels before 6.2 cannot delete them in the transaction that lets go of them. */
export type StaleChains = Record<string, Micros>;

const chainCommands = (
  at: TableName,
  chain: string,
  { base, comment }: ProxyChain,
): NftCommand[] => [
  {
    ...at,
    verb: 'add',
    object: 'chain',
    chain,
    ...(base && { base }),
    ...(comment !== undefined && { comment }),
  },
  { ...at, verb: 'flush', object: 'chain', chain },
];

interface TableName {
  readonly family: 'ip' | 'ip6';
  readonly table: string;
}

const inTable = (family: IpFamily): TableName => ({ family: nftFamily(family), table: TABLE });

const chainOf = ({ verdict }: NftElementBody) =>
  verdict && 'chain' in verdict ? verdict.chain : undefined;

/** Whether an element says the same, for the same reason: a port that was given a name is another reason. */
const isSame = (a: NftElementBody, b: NftElementBody) =>
  a.verdict?.verdict === b.verdict?.verdict &&
  chainOf(a) === chainOf(b) &&
  a.comment === b.comment &&
  isSameJson(a.because, b.because);

/** The elements that are to go and to come. One that leads elsewhere now is deleted and added again. */
function elementCommands(
  at: TableName,
  name: string,
  { body, elements, keys }: ProxySet,
  live: NftSet | undefined,
): NftCommand[] {
  const about = { ...at, object: 'element', kind: body.kind, name } as const;
  const changed = [...elements.values()].filter((element) => {
    const before = live?.elements[element.key];
    return !before || !isSame(before, element);
  });
  const there = keys
    ? [...keys].flatMap((key) => live?.elements[key] ?? [])
    : Object.values(live?.elements ?? {});
  const old = there.filter((element) => {
    const wanted = elements.get(element.key);
    return !wanted || !isSame(wanted, element);
  });
  const of = (list: readonly NftElementBody[], verb: 'add' | 'delete'): NftCommand[] =>
    list.map((element) => ({ ...about, verb, elements: [element] }));
  return [...of(old, 'delete'), ...of(changed, 'add')];
}

function setCommands(
  at: TableName,
  name: string,
  { body }: ProxySet,
  live: NftSet | undefined,
): NftCommand[] {
  const add: NftCommand = { ...at, verb: 'add', object: 'set', name, set: body };
  if (!live || live.timeout === body.timeout) return [add];
  // Another time-out is another set; what the clients of the old one kept is forgotten.
  return [{ ...at, verb: 'delete', object: 'set', kind: body.kind, name }, add];
}

/** Chains and sets of Services that are there. */
const liveNames = (live: NftTable | undefined) => [
  ...Object.keys(live?.chains ?? {}).filter(isNftServiceChain),
  ...Object.keys(live?.sets ?? {}).filter(isAffinitySet),
];

/** Chains of Services that nobody wants any more are emptied now, and deleted in a later round; sets go at once. */
function staleCommands(
  at: TableName,
  live: NftTable | undefined,
  desired: DesiredTable,
  { kind, stale, old = [], now }: Sync,
): NftCommand[] {
  const names = kind === 'full' ? liveNames(live) : old;
  for (const name of desired.chains.keys()) delete stale[name];
  const chains = names.filter((name) => !isAffinitySet(name) && !desired.chains.has(name));
  const sets = names.filter((name) => isAffinitySet(name) && !desired.sets.has(name));
  for (const chain of chains) stale[chain] ??= now;
  return [
    ...chains.map((chain): NftCommand => ({ ...at, verb: 'flush', object: 'chain', chain })),
    ...sets.map((name): NftCommand => ({
      ...at,
      verb: 'delete',
      object: 'set',
      kind: 'set',
      name,
    })),
  ];
}

/** The transaction of its own that deletes chains which have been empty for a second. */
export function deleteStaleChains(family: IpFamily, stale: StaleChains, now: Micros): NftCommand[] {
  const old = Object.keys(stale).filter((chain) => (stale[chain] ?? now) < now - SECOND);
  return old.map((chain) => {
    delete stale[chain];
    return { ...inTable(family), verb: 'delete', object: 'chain', chain };
  });
}

/** Node ports on every address do without the set; `add` first, so that deleting it cannot fail. */
const withoutNodePortIps = (at: TableName, desired: DesiredTable): NftCommand[] =>
  desired.sets.has('nodeport-ips')
    ? []
    : [
        {
          ...at,
          verb: 'add',
          object: 'set',
          name: 'nodeport-ips',
          set: { kind: 'set', type: [at.family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'] },
        },
        { ...at, verb: 'delete', object: 'set', kind: 'set', name: 'nodeport-ips' },
      ];

/**
 * The one transaction that makes of the table in the kernel (`live`) the table that is wanted. A partial one does not
 * speak of the base chains, nor of Services that did not change.
 * Source: syncProxyRules of pkg/proxy/nftables/proxier.go, 1.34.
 */
export function syncCommands(
  family: IpFamily,
  live: NftTable | undefined,
  desired: DesiredTable,
  sync: Sync,
): NftCommand[] {
  const at = inTable(family);
  const isFull = sync.kind === 'full';
  const chains = [...desired.chains].filter(([name]) => isFull || isNftServiceChain(name));
  const sets = [...desired.sets].filter(([name]) => isFull || isAffinitySet(name));
  return [
    ...(isFull
      ? ([
          { ...at, verb: 'add', object: 'table', comment: 'rules for kube-proxy' },
        ] satisfies NftCommand[])
      : []),
    ...chains.flatMap(([name, chain]) => chainCommands(at, name, chain)),
    ...staleCommands(at, live, desired, sync),
    ...sets.flatMap(([name, set]) => setCommands(at, name, set, live?.sets[name])),
    ...chains.flatMap(([chain, { rules }]) =>
      rules.map((rule): NftCommand => ({ ...at, verb: 'add', object: 'rule', chain, rule })),
    ),
    ...(isFull ? withoutNodePortIps(at, desired) : []),
    ...[...desired.sets].flatMap(([name, set]) =>
      // What clients are remembered in is theirs.
      isAffinitySet(name) ? [] : elementCommands(at, name, set, live?.sets[name]),
    ),
  ];
}
