import { SECOND } from '../../../base/clock.ts';
import type { RecentMatch } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

/**
 * xt_recent.c, by source address. `--set` notes the address and matches; `--rcheck` matches when it was noted within
 * `--seconds`; `--update` notes it again when so; `--reap` forgets what is older.
 * Simplified: a list has no upper size (ip_list_tot is 100 addresses in the kernel).
 */
export function matchesRecent(match: RecentMatch, { skb, ruleset, now }: MatchSubject): boolean {
  const lists = (ruleset.recent ??= {});
  const list = (lists[match.list] ??= {});
  const address = skb.packet.source;
  const oldest = match.seconds === undefined ? 0 : now - match.seconds * SECOND;
  if (match.operation === 'set') {
    list[address] = now;
    return !match.not;
  }
  const seen = list[address];
  const isRecent = seen !== undefined && seen >= oldest;
  if (match.operation === 'update' && isRecent) list[address] = now;
  const forgotten = Object.keys(list).filter(
    (key) =>
      (match.operation === 'remove' && key === address) ||
      (match.reap && (list[key] ?? 0) < oldest),
  );
  for (const key of forgotten) delete list[key];
  return isRecent !== (match.not ?? false);
}

export function printRecent(match: RecentMatch): string {
  return [
    '-m recent',
    match.not && '!',
    `--${match.operation}`,
    match.seconds !== undefined && `--seconds ${match.seconds}`,
    match.reap && '--reap',
    `--name ${match.list} --mask ${match.mask ?? '255.255.255.255'} --rsource`,
  ]
    .filter(Boolean)
    .join(' ');
}
