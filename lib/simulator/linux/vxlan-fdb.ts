import { SECOND, type Micros } from '../base/clock.ts';
import type { VxlanFdbEntry } from './network.ts';
import type { VxlanLink } from './stack.ts';

/** The entry for every MAC that has none of its own. */
export const DEFAULT_MAC = '00:00:00:00:00:00';
/** FDB_AGE_DEFAULT: a learned entry that was not seen for so long goes. */
const AGEING = 300 * SECOND;

const isMulticast = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/** A frame for many, or of unknown receiver: only such entries may name several remote ends. */
const isForMany = (mac: string) => mac === DEFAULT_MAC || isMulticast(mac);

const isAlive = ({ state, at }: VxlanFdbEntry, now: Micros) =>
  state === 'permanent' || now - at < AGEING;

/** vxlan_find_mac: the remote ends of a MAC, else of the default entry. Empty: the frame goes nowhere. */
export function remotesFor(link: VxlanLink, mac: string, now: Micros): readonly VxlanFdbEntry[] {
  const alive = link.fdb.filter((entry) => isAlive(entry, now));
  const own = alive.filter((entry) => entry.mac === mac);
  return own.length > 0 ? own : alive.filter((entry) => entry.mac === DEFAULT_MAC);
}

export interface VxlanRemote {
  readonly mac: string;
  readonly remote: string;
}

/**
 * `bridge fdb append MAC dev DEV dst REMOTE`. Of a MAC that is known already a second remote end counts only where a
 * frame is for many; else nothing happens, and nothing is said (vxlan_fdb_update_existing).
 */
export function appendFdbEntry(link: VxlanLink, { mac, remote }: VxlanRemote, now: Micros): void {
  const known = link.fdb.filter((entry) => entry.mac === mac);
  if (known.some((entry) => entry.remote === remote)) return;
  if (known.length > 0 && !isForMany(mac)) return;
  link.fdb.push({ mac, remote, state: 'permanent', at: now });
}

/** `bridge fdb add MAC dev DEV dst REMOTE`. The error in bridge(8)'s words, or undefined. */
export function addFdbEntry(
  link: VxlanLink,
  entry: VxlanRemote,
  now: Micros,
): 'RTNETLINK answers: File exists' | undefined {
  if (link.fdb.some(({ mac }) => mac === entry.mac)) return 'RTNETLINK answers: File exists';
  appendFdbEntry(link, entry, now);
  return undefined;
}

/** `bridge fdb replace`: the MAC has this one remote end. */
export function replaceFdbEntry(link: VxlanLink, { mac, remote }: VxlanRemote, now: Micros): void {
  const index = link.fdb.findIndex((entry) => entry.mac === mac);
  const entry: VxlanFdbEntry = { mac, remote, state: 'permanent', at: now };
  if (index < 0) link.fdb.push(entry);
  else link.fdb.splice(index, 1, entry);
}

/** `bridge fdb del MAC dev DEV [dst REMOTE]`. The error in bridge(8)'s words, or undefined. */
export function deleteFdbEntry(
  link: VxlanLink,
  { mac, remote }: { readonly mac: string; readonly remote?: string },
): 'RTNETLINK answers: No such file or directory' | undefined {
  const isWanted = (entry: VxlanFdbEntry) =>
    entry.mac === mac && (remote === undefined || entry.remote === remote);
  if (!link.fdb.some(isWanted)) return 'RTNETLINK answers: No such file or directory';
  link.fdb.splice(0, link.fdb.length, ...link.fdb.filter((entry) => !isWanted(entry)));
  return undefined;
}

/** vxlan_snoop: a frame from a remote end says where its sender is. What was put there by hand stays. */
export function learnRemote(link: VxlanLink, { mac, remote }: VxlanRemote, now: Micros): void {
  if (link.learning === 'off' || isMulticast(mac)) return;
  const known = link.fdb.find((entry) => entry.mac === mac);
  if (known?.state === 'permanent') return;
  if (known) Object.assign(known, { remote, at: now });
  else link.fdb.push({ mac, remote, state: 'learned', at: now });
}

/** An entry as `bridge fdb show dev DEV` prints it. */
export function formatFdbEntry({ mac, remote, via, state }: VxlanFdbEntry): string {
  const device = via === undefined ? '' : ` via ${via}`;
  return `${mac} dst ${remote}${device} self${state === 'permanent' ? ' permanent' : ''}`;
}

/** Entries that are listed: what has aged is gone. */
export const listFdb = (link: VxlanLink, now: Micros): readonly VxlanFdbEntry[] =>
  link.fdb.filter((entry) => isAlive(entry, now));
