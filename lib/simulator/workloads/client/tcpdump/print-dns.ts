import type { DnsMessage, ResourceRecord, ResponseCode } from '../../../packet/dns-message.ts';
import type { PrintContext } from './print-context.ts';

function codeText(code: ResponseCode): string {
  switch (code) {
    case 'NOERROR':
      return '';
    case 'FORMERR':
      return ' FormErr';
    case 'SERVFAIL':
      return ' ServFail';
    case 'NXDOMAIN':
      return ' NXDomain';
    case 'NOTIMP':
      return ' NotImp';
    case 'REFUSED':
      return ' Refused';
  }
}

/** `1h2m3s` as unsigned_relts_print writes a TTL. */
function ttlText(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['w', 604_800],
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ];
  let rest = seconds;
  let text = '';
  for (const [unit, size] of units) {
    if (rest >= size) text += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return text === '' ? '0s' : text;
}

/** One record: ` A 10.0.0.1`; with -v its name, with -vvv its TTL. SRV is `target:port priority weight`. */
function recordText(
  { name, type, ttl, data }: ResourceRecord,
  { verbosity }: PrintContext,
): string {
  const owner = verbosity > 0 ? ` ${name}` : '';
  const life = verbosity > 2 ? ` [${ttlText(ttl)}]` : '';
  return `${owner}${life} ${type}${dataText(type, data, verbosity)}`;
}

function dataText(type: ResourceRecord['type'], data: string, verbosity: number): string {
  if (type === 'SRV') {
    const [priority, weight, port, target] = data.split(' ');
    return ` ${target}:${port} ${priority} ${weight}`;
  }
  // print-domain.c shows a SOA's contents with -v alone, and no contents of what it has no words for.
  if (type === 'SOA') return verbosity > 0 ? ` ${data}` : '';
  return type === 'HINFO' ? '' : ` ${data}`;
}

const section = (label: string, records: readonly ResourceRecord[], context: PrintContext) =>
  records.length === 0
    ? ''
    : `${label}${records.map((record) => recordText(record, context)).join(',')}`;

/** A DNS message as tcpdump's print-domain.c prints it; `length` bytes in the datagram. */
export function dnsText(message: DnsMessage, length: number, context: PrintContext): string {
  const { id, question, answers, authority, additional } = message;
  const asked = `${question.type}? ${question.name}`;
  if (!message.isResponse) {
    const extra = additional.length > 0 ? ` [${additional.length}au]` : '';
    return `${id}${message.recursionDesired ? '+' : ''}${extra} ${asked} (${length})`;
  }
  const flags = `${message.isAuthoritative ? '*' : ''}${message.recursionAvailable ? '' : '-'}${message.isTruncated ? '|' : ''}`;
  const counts = `${answers.length}/${authority.length}/${additional.length}`;
  const isVerbose = context.verbosity > 1;
  return [
    `${id}${codeText(message.responseCode)}${flags}`,
    isVerbose ? ` q: ${asked}` : '',
    ` ${counts}`,
    section('', answers, context),
    isVerbose ? section(' ns:', authority, context) : '',
    isVerbose ? section(' ar:', additional, context) : '',
    ` (${length})`,
  ].join('');
}
