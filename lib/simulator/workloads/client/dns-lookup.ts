import type { SocketAddress } from '../../base/flow.ts';
import { ipVersion, reverseName } from '../../base/ip.ts';
import type { ProgramEvent, SystemCalls } from '../../linux/program.ts';
import type { RecordType } from '../../packet/dns-message.ts';
import {
  advanceExchange,
  startExchange,
  type DnsExchange,
  type ExchangeOutcome,
  type ExchangeSetup,
} from './resolver/dns-exchange.ts';

/** A question of a DNS tool: one name after the other until one exists. Plain data. */
export interface DnsLookup {
  readonly type: RecordType;
  /** Absolute names. */
  readonly candidates: readonly string[];
  readonly servers: readonly SocketAddress[];
  readonly timeout: number;
  readonly tries: number;
  readonly edns?: DnsExchange['edns'];
  readonly transport?: DnsExchange['transport'];
  readonly whenTruncated?: DnsExchange['whenTruncated'];
  index: number;
  exchange: DnsExchange;
}

type LookupSetup = Pick<DnsLookup, 'type' | 'candidates' | 'servers' | 'timeout' | 'tries'> &
  Pick<ExchangeSetup, 'edns' | 'transport' | 'whenTruncated'>;

const exchangeFor = (setup: LookupSetup, index: number, calls: SystemCalls) =>
  startExchange(
    {
      question: { name: setup.candidates[index] ?? '.', type: setup.type },
      servers: setup.servers,
      timeout: setup.timeout,
      tries: setup.tries,
      ...(setup.edns && { edns: setup.edns }),
      ...(setup.transport && { transport: setup.transport }),
      ...(setup.whenTruncated && { whenTruncated: setup.whenTruncated }),
    },
    calls,
  );

export function startLookup(setup: LookupSetup, calls: SystemCalls): DnsLookup {
  return { ...setup, index: 0, exchange: exchangeFor(setup, 0, calls) };
}

/** Hands an event over. After NXDOMAIN the next candidate is asked, the last one's answer is given. */
export function advanceLookup(
  lookup: DnsLookup,
  event: ProgramEvent,
  calls: SystemCalls,
): ExchangeOutcome | undefined {
  const outcome = advanceExchange(lookup.exchange, event, calls);
  const isMissing = outcome?.type === 'answer' && outcome.message.responseCode === 'NXDOMAIN';
  if (!isMissing || lookup.index + 1 >= lookup.candidates.length) return outcome;
  lookup.index += 1;
  lookup.exchange = exchangeFor(lookup, lookup.index, calls);
  return undefined;
}

const TYPES: readonly RecordType[] = [
  'A',
  'AAAA',
  'SRV',
  'PTR',
  'CNAME',
  'SOA',
  'NS',
  'TXT',
  'MX',
  'HINFO',
  'ANY',
];

/** A record type by its name in any case. */
export function parseRecordType(text: string): RecordType | undefined {
  const upper = text.toUpperCase();
  return TYPES.find((type) => type === upper);
}

/** The reverse name of an address, or undefined. */
export const reverseOf = (text: string) =>
  ipVersion(text) === undefined ? undefined : reverseName(text);

export const withoutDot = (name: string) => (name.length > 1 ? name.replace(/\.$/, '') : name);
