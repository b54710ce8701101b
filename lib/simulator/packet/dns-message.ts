/** DNS names are absolute and end with a dot; comparison ignores case, the asked spelling is kept (RFC 4343). */
export type RecordType =
  'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'SOA' | 'NS' | 'TXT' | 'MX' | 'HINFO' | 'ANY';

export type ResponseCode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

/** `data` is in presentation format (RFC 1035 5.1): an address, a name, `0 100 80 target.`. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly data: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly question: DnsQuestion;
  readonly responseCode: ResponseCode;
  readonly isAuthoritative: boolean;
  readonly isTruncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** The OPT record of EDNS (RFC 6891): how many bytes its sender takes over UDP. Not counted among `additional`. */
  readonly edns?: {
    readonly bufferSize: number;
    /** RFC 7873, in hex. */ readonly cookie?: string;
  };
}

const TYPE_LENGTH: Partial<Record<RecordType, number>> = { A: 4, AAAA: 16 };
const HEADER_LENGTH = 12;
const OPT_LENGTH = 11;
/** The most that fits over UDP when the asker says nothing (RFC 1035 4.2.1). */
export const PLAIN_UDP_LIMIT = 512;

/** Names that stand in a record's data, and how many bytes come before them. */
function namesInData({ type, data }: ResourceRecord): readonly [bytes: number, names: string[]] {
  const words = data.split(' ');
  switch (type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return [0, [data]];
    case 'MX':
      return [2, [words[1] ?? '.']];
    case 'SRV':
      return [6, [words[3] ?? '.']];
    case 'SOA':
      return [20, words.slice(0, 2)];
    case 'A':
    case 'AAAA':
      return [TYPE_LENGTH[type] ?? 0, []];
    case 'ANY':
    case 'HINFO':
    case 'TXT':
      return [Math.max(1, data.length - 1), []];
  }
}

/** Counts names; with a table, a suffix that has stood before takes two bytes (RFC 1035 4.1.4). */
function createNameCounter(compression: 'compressed' | 'plain'): (name: string) => number {
  const known = new Set<string>();
  return (name) => {
    const labels = name
      .replace(/\.$/, '')
      .split('.')
      .filter((label) => label !== '');
    let length = 0;
    for (const [i, label] of labels.entries()) {
      const suffix = labels.slice(i).join('.').toLowerCase();
      if (compression === 'compressed' && known.has(suffix)) return length + 2;
      known.add(suffix);
      length += label.length + 1;
    }
    return length + 1;
  };
}

const optLength = (edns: DnsMessage['edns']) =>
  edns ? OPT_LENGTH + (edns.cookie === undefined ? 0 : 4 + edns.cookie.length / 2) : 0;

/** Bytes of a message on the wire. */
export function dnsMessageLength(
  { question, answers, authority, additional, edns }: DnsMessage,
  compression: 'compressed' | 'plain' = 'compressed',
): number {
  const count = createNameCounter(compression);
  let length = HEADER_LENGTH + count(question.name) + 4 + optLength(edns);
  for (const record of [...answers, ...authority, ...additional]) {
    const [bytes, names] = namesInData(record);
    length += count(record.name) + 10 + bytes;
    for (const name of names) length += count(name);
  }
  return length;
}

/** Whether an answer is too long for whoever asked, over UDP. */
export const exceedsUdp = (query: DnsMessage, reply: DnsMessage): boolean =>
  dnsMessageLength(reply) > Math.max(PLAIN_UDP_LIMIT, query.edns?.bufferSize ?? PLAIN_UDP_LIMIT);
