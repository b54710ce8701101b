import type { Micros } from '../base/clock.ts';
import type { Flow } from '../base/flow.ts';

/** What nf_conntrack_proto_tcp calls the state of a connection. */
export type ConntrackTcpState =
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'SYN_SENT2';

/** What nf_conntrack_proto_sctp calls the state of an association. */
export type ConntrackSctpState =
  | 'CLOSED'
  | 'COOKIE_WAIT'
  | 'COOKIE_ECHOED'
  | 'ESTABLISHED'
  | 'SHUTDOWN_SENT'
  | 'SHUTDOWN_RECD'
  | 'SHUTDOWN_ACK_SENT'
  | 'HEARTBEAT_SENT';

/** One tracked connection: the tuple as the first packet had it, and the tuple that replies are expected to have. */
export interface ConntrackEntry {
  readonly id: number;
  readonly original: Flow;
  /** Changed by NAT until the entry is confirmed. */
  reply: Flow;
  tcpState?: ConntrackTcpState;
  sctpState?: ConntrackSctpState;
  /** Verification tags of SCTP: what packets of each direction carry. */
  sctpTags?: { original?: number; reply?: number };
  isReplied: boolean;
  isAssured: boolean;
  isConfirmed: boolean;
  /** Which half NAT has decided already (even for "no change": the nat table is read once a connection). */
  nat: { destination?: true; source?: true };
  mark: number;
  readonly startedAt: Micros;
  expiresAt: Micros;
}

export interface ConntrackTable {
  readonly entries: Record<number, ConntrackEntry>;
  /** Key of a tuple → entry id; both directions of every confirmed entry are in it. */
  readonly byTuple: Record<string, number>;
  nextId: number;
  /** nf_conntrack_max. */
  readonly limit: number;
}

/** State of a packet with regard to its connection, as `-m conntrack --ctstate` tests it. */
export type ConntrackState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

export type ConntrackDirection = 'original' | 'reply';

export interface ConntrackHit {
  readonly entry: ConntrackEntry;
  readonly direction: ConntrackDirection;
}

/** An empty table that holds at most `limit` connections (nf_conntrack_max). */
export function createConntrackTable(limit = 262_144): ConntrackTable {
  return { entries: {}, byTuple: {}, nextId: 1, limit };
}

/** The tuple of the answer (nf_ct_invert_tuple). */
export const invertFlow = (flow: Flow): Flow => ({
  protocol: flow.protocol,
  source: flow.destination,
  destination: flow.source,
});

/**
 * The key of a tuple. An ICMP tuple has a type as well: a connection begins with an echo request, and an echo reply
 * answers it, so that two hosts that ping each other with one identifier have two connections.
 */
export function tupleKey(flow: Flow, direction: ConntrackDirection): string {
  const role =
    flow.protocol === 'icmp' || flow.protocol === 'icmpv6'
      ? direction === 'original'
        ? '8'
        : '0'
      : '';
  return `${flow.protocol}${role} ${flow.source.address} ${flow.source.port} ${flow.destination.address} ${flow.destination.port}`;
}

/** IPS_SRC_NAT: replies go to another address or port than the first packet came from. */
export const isSourceTranslated = ({ original, reply }: ConntrackEntry) =>
  reply.destination.address !== original.source.address ||
  reply.destination.port !== original.source.port;

/** IPS_DST_NAT: replies come from another address or port than the first packet went to. */
export const isDestinationTranslated = ({ original, reply }: ConntrackEntry) =>
  reply.source.address !== original.destination.address ||
  reply.source.port !== original.destination.port;

const isAlive = (entry: ConntrackEntry, now: Micros) => entry.expiresAt > now;

/** Forgets a connection at once. */
export function removeEntry(table: ConntrackTable, entry: ConntrackEntry): void {
  const original = originalKey(entry);
  const reply = tupleKey(entry.reply, 'reply');
  if (table.byTuple[original] === entry.id) delete table.byTuple[original];
  if (table.byTuple[reply] === entry.id) delete table.byTuple[reply];
  delete table.entries[entry.id];
}

/** Connections end lazily, when somebody looks: this takes away those whose time is over. */
export function collectExpired(table: ConntrackTable, now: Micros): void {
  for (const entry of Object.values(table.entries))
    if (!isAlive(entry, now)) removeEntry(table, entry);
}

/** The confirmed connection to which a tuple belongs, and the direction in which it names it. */
export function findTuple(
  table: ConntrackTable,
  key: string,
  now: Micros,
): ConntrackHit | undefined {
  const id = table.byTuple[key];
  const entry = id === undefined ? undefined : table.entries[id];
  if (!entry) return undefined;
  if (!isAlive(entry, now)) {
    removeEntry(table, entry);
    return undefined;
  }
  return { entry, direction: key === originalKey(entry) ? 'original' : 'reply' };
}

/** The tuple of a connection's first packet never changes, and every packet of it asks for the key. */
const originalKeys = new WeakMap<ConntrackEntry, string>();

function originalKey(entry: ConntrackEntry): string {
  const known = originalKeys.get(entry);
  if (known !== undefined) return known;
  const key = tupleKey(entry.original, 'original');
  originalKeys.set(entry, key);
  return key;
}

/** nf_conntrack_tuple_taken: whether another connection has this reply tuple, in either direction. */
export function isReplyTupleTaken(
  table: ConntrackTable,
  reply: Flow,
  now: Micros,
  ignored: number,
): boolean {
  const hit = findTuple(table, tupleKey(reply, 'reply'), now);
  return hit !== undefined && hit.entry.id !== ignored;
}

/** Every so many new connections, what has expired is taken out (the kernel's gc_worker). */
const SWEEP_EVERY = 64;

/**
 * Room for one more connection. When the table is full, what has expired goes, then one connection that was never
 * answered or is not assured (early_drop); when all are assured there is none: "nf_conntrack: table full".
 * Simplified: the kernel looks at a few hash buckets only, here the oldest of all goes.
 */
function makeRoom(table: ConntrackTable, limit: number, now: Micros): 'room' | 'full' {
  if (table.nextId <= limit || Object.keys(table.entries).length < limit) return 'room';
  collectExpired(table, now);
  const entries = Object.values(table.entries);
  if (entries.length < limit) return 'room';
  const victim = entries.find((entry) => !entry.isAssured);
  if (!victim) return 'full';
  removeEntry(table, victim);
  return 'room';
}

/** A connection that begins with `flow`, not confirmed yet; undefined when the table is full. */
export function addEntry(
  table: ConntrackTable,
  flow: Flow,
  now: Micros,
  limit = table.limit,
): ConntrackEntry | undefined {
  if (table.nextId % SWEEP_EVERY === 0) collectExpired(table, now);
  if (makeRoom(table, limit, now) === 'full') return undefined;
  const entry: ConntrackEntry = {
    id: table.nextId++,
    original: flow,
    reply: invertFlow(flow),
    isReplied: false,
    isAssured: false,
    isConfirmed: false,
    nat: {},
    mark: 0,
    startedAt: now,
    // A packet crosses a namespace in no time: what is not confirmed by then was dropped on the way.
    expiresAt: now + 1,
  };
  table.entries[entry.id] = entry;
  return entry;
}

/**
 * nf_conntrack_confirm: the first packet leaves (POSTROUTING) or arrives (INPUT), so the connection is real. When another
 * packet of the same connection was faster, that one's entry is taken (nf_ct_resolve_clash); a different connection with
 * the same tuple means the packet is dropped (`insert_failed`).
 */
export function confirmEntry(
  table: ConntrackTable,
  entry: ConntrackEntry,
  now: Micros,
): ConntrackEntry | 'clash' {
  const original = originalKey(entry);
  const reply = tupleKey(entry.reply, 'reply');
  const first = findTuple(table, original, now);
  const second = findTuple(table, reply, now);
  if (!first && !second) {
    table.byTuple[original] = entry.id;
    table.byTuple[reply] = entry.id;
    entry.isConfirmed = true;
    return entry;
  }
  removeEntry(table, entry);
  return first && second && first.entry === second.entry && first.direction === 'original'
    ? first.entry
    : 'clash';
}

/** Connections as `conntrack -L` lists them: confirmed, not expired, oldest first. */
export function listEntries(table: ConntrackTable, now: Micros): readonly ConntrackEntry[] {
  return Object.values(table.entries).filter((entry) => entry.isConfirmed && isAlive(entry, now));
}
