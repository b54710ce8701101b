import { SECOND, type Micros } from '../../base/clock.ts';
import type { DnsMessage, DnsQuestion, ResourceRecord } from '../../packet/dns-message.ts';
import { isInZone } from './parse-name.ts';
import type { CacheConfig } from './server-config.ts';

/** Kept answers by question. Plain data, part of the process's state. */
export interface DnsCache {
  readonly entries: Record<
    string,
    { readonly message: DnsMessage; readonly at: Micros; readonly until: Micros }
  >;
}

/** plugin/cache's default capacity. */
const CAPACITY = 9984;
/** Nothing is kept for less: minpttl and minnttl of plugin/cache. */
const MIN_TTL = 5;

const keyOf = ({ name, type }: DnsQuestion) => `${type} ${name.toLowerCase()}`;

function ttlOf(message: DnsMessage): number {
  const records = [...message.answers, ...message.authority, ...message.additional];
  return Math.min(3600, ...records.map(({ ttl }) => ttl));
}

/** Keeps an answer as long as its records and the limits allow (plugin/cache `set`). SERVFAIL is not kept. */
export function keepAnswer(
  cache: DnsCache,
  config: CacheConfig,
  message: DnsMessage,
  now: Micros,
): void {
  if (message.isTruncated) return;
  const isDenial = message.answers.length === 0;
  if (message.responseCode !== 'NOERROR' && message.responseCode !== 'NXDOMAIN') return;
  const uncached = isDenial ? config.uncachedDenial : config.uncachedSuccess;
  const { question } = message;
  if (uncached.some((zone) => isInZone(question.name, zone))) return;
  const limit = isDenial ? config.denialTtl : config.successTtl;
  const ttl = Math.min(limit, Math.max(MIN_TTL, ttlOf(message)));
  const keys = Object.keys(cache.entries);
  if (keys.length >= CAPACITY) delete cache.entries[keys[0]!];
  cache.entries[keyOf(question)] = { message, at: now, until: now + ttl * SECOND };
}

/** A kept answer with the time it has left as ttl, in the spelling of the question. */
export function keptAnswer(
  cache: DnsCache,
  question: DnsQuestion,
  now: Micros,
): DnsMessage | undefined {
  const entry = cache.entries[keyOf(question)];
  if (!entry) return undefined;
  if (entry.until <= now) {
    delete cache.entries[keyOf(question)];
    return undefined;
  }
  const left = Math.floor((entry.until - now) / SECOND);
  const aged = (records: readonly ResourceRecord[]) =>
    records.map((record) => ({
      ...record,
      name: record.name.toLowerCase() === question.name.toLowerCase() ? question.name : record.name,
      ttl: Math.min(record.ttl, left),
    }));
  const { message } = entry;
  return {
    ...message,
    question,
    answers: aged(message.answers),
    authority: aged(message.authority),
    additional: aged(message.additional),
  };
}
