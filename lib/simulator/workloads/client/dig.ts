import { MILLISECOND, type Micros } from '../../base/clock.ts';
import type { SocketAddress } from '../../base/flow.ts';
import type { Program, SystemCalls } from '../../linux/program.ts';
import {
  dnsMessageLength,
  type DnsMessage,
  type ResourceRecord,
} from '../../packet/dns-message.ts';
import { formatDate } from '../calendar.ts';
import { advanceLookup, startLookup, type DnsLookup } from './dns-lookup.ts';
import { parseResolvConf } from './resolver/resolv-conf.ts';
import {
  advanceResolver,
  candidateNames,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';
import {
  BIND_VERSION,
  type Section,
  type DigOptions,
  PLAIN_OPTIONS,
  parseArguments,
} from './dig-options.ts';

interface DigState {
  readonly options: DigOptions;
  readonly commandLine: string;
  /** For a server that was given by name. */
  resolver?: ResolverState;
  lookup?: DnsLookup;
}

/** Tabs up to a column, or one blank when the text is past it (lib/dns/masterdump.c `indent`). */
function columns(parts: readonly (readonly [text: string, column: number])[]): string {
  let line = '';
  let at = 0;
  for (const [text, column] of parts) {
    if (line !== '') {
      if (at >= column) {
        line += ' ';
        at += 1;
      }
      while (at < column) {
        line += '\t';
        at = (Math.floor(at / 8) + 1) * 8;
      }
    }
    line += text;
    at += text.length;
  }
  return line;
}

const recordLine = ({ name, ttl, type, data }: ResourceRecord) =>
  columns([
    [name, 0],
    [String(ttl), 24],
    ['IN', 32],
    [type, 40],
    [data, 48],
  ]);

function flagsOf(message: DnsMessage): string {
  return [
    'qr',
    ...(message.isAuthoritative ? ['aa'] : []),
    ...(message.isTruncated ? ['tc'] : []),
    ...(message.recursionDesired ? ['rd'] : []),
    ...(message.recursionAvailable ? ['ra'] : []),
  ].join(' ');
}

function banner({ options, commandLine }: DigState): string {
  const lines = [
    '',
    `; <<>> DiG ${BIND_VERSION} <<>> ${commandLine}`,
    ...(options.server === undefined ? [] : ['; (1 server found)']),
    ';; global options: +cmd',
  ];
  return options.hidden.includes('cmd') || options.short
    ? ''
    : lines.map((line) => `${line}\n`).join('');
}

/** EDNS. The servers here have no cookies of their own: they give back what they got. */
function pseudoSection({ edns }: DnsMessage): string[] {
  if (!edns) return [];
  return [
    ';; OPT PSEUDOSECTION:',
    `; EDNS: version: 0, flags:; udp: ${edns.bufferSize}`,
    ...(edns.cookie === undefined ? [] : [`; COOKIE: ${edns.cookie} (echoed)`]),
  ];
}

function headerLines(message: DnsMessage): string[] {
  const { answers, authority, additional, question } = message;
  return [
    ';; Got answer:',
    ...(/\.local\.$/i.test(question.name)
      ? [
          ';; WARNING: .local is reserved for Multicast DNS',
          ';; You are currently testing what happens when an mDNS query is leaked to DNS',
        ]
      : []),
    `;; ->>HEADER<<- opcode: QUERY, status: ${message.responseCode}, id: ${message.id}`,
    `;; flags: ${flagsOf(message)}; QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length + (message.edns ? 1 : 0)}`,
    ...(message.recursionDesired && !message.recursionAvailable
      ? [';; WARNING: recursion requested but not available']
      : []),
    '',
    ...pseudoSection(message),
  ];
}

function fullAnswer(
  state: DigState,
  message: DnsMessage,
  server: SocketAddress,
  { took, transport }: { readonly took: Micros; readonly transport: 'udp' | 'tcp' },
  now: Micros,
): string {
  const { hidden, server: named } = state.options;
  const isShown = (section: Section) => !hidden.includes(section);
  const lines: string[] = [];
  if (isShown('comments')) lines.push(...headerLines(message));
  const { name, type } = message.question;
  const section = (title: string, content: readonly string[]) => {
    if (content.length === 0) return;
    if (isShown('comments')) lines.push(`;; ${title} SECTION:`, ...content, '');
    else lines.push(...content);
  };
  if (isShown('question')) {
    section('QUESTION', [
      columns([
        [`;${name}`, 0],
        ['IN', 32],
        [type, 40],
      ]),
    ]);
  }
  if (isShown('answer')) section('ANSWER', message.answers.map(recordLine));
  if (isShown('authority')) section('AUTHORITY', message.authority.map(recordLine));
  if (isShown('additional')) section('ADDITIONAL', message.additional.map(recordLine));
  if (isShown('stats')) {
    lines.push(
      `;; Query time: ${Math.floor(took / MILLISECOND)} msec`,
      `;; SERVER: ${server.address}#${server.port}(${named ?? server.address}) (${transport.toUpperCase()})`,
      `;; WHEN: ${formatDate(now)}`,
      `;; MSG SIZE  rcvd: ${dnsMessageLength(message, 'plain')}`,
      '',
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}

const COOKIE_DIGITS = 16;

function ednsOf({ bufferSize, sendsCookie }: DigOptions, calls: SystemCalls) {
  if (sendsCookie === 'no') return { bufferSize };
  const digits = Array.from({ length: COOKIE_DIGITS }, () =>
    Math.floor(calls.random() * 16).toString(16),
  );
  return { bufferSize, cookie: digits.join('') };
}

function ask(state: DigState, server: string, calls: SystemCalls): void {
  const { options } = state;
  const config = parseResolvConf(calls.readFile('/etc/resolv.conf') ?? '');
  const absolute = options.name.endsWith('.') ? options.name : `${options.name}.`;
  const ndots = options.ndots ?? config.ndots;
  state.lookup = startLookup(
    {
      type: options.type,
      candidates: options.search ? candidateNames(options.name, { ...config, ndots }) : [absolute],
      servers: (server === '' ? config.nameservers : [server]).map((address) => ({
        address,
        port: options.port,
      })),
      timeout: options.timeout,
      tries: options.tries,
      transport: options.transport,
      whenTruncated: options.whenTruncated,
      ...(options.bufferSize > 0 && { edns: ednsOf(options, calls) }),
    },
    calls,
  );
}

function begin(state: DigState, calls: SystemCalls): void {
  const { server } = state.options;
  if (server === undefined) {
    ask(state, '', calls);
    return;
  }
  state.resolver ??= startResolver(server, ['A'], calls);
  const { result } = state.resolver;
  if (!result) return;
  if (result.ok) ask(state, result.addresses[0] ?? '', calls);
  else {
    calls.printError(`dig: couldn't get address for '${server}': not found\n`);
    calls.exit(1);
  }
}

/** dig of BIND 9.18. Simplified: one question a command; no +trace; no DNSSEC. */
export const DIG: Program<DigState> = {
  name: 'dig',
  start(args, calls) {
    const parsed = parseArguments(args);
    const options: DigOptions = parsed.ok ? parsed.options : { ...PLAIN_OPTIONS, hidden: [] };
    const state: DigState = { options, commandLine: args.join(' ') };
    if (parsed.ok) begin(state, calls);
    else {
      calls.print(parsed.text);
      calls.exit(parsed.exitCode);
    }
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') {
      calls.exit(event.signal === 'SIGINT' ? 130 : 143);
      return;
    }
    if (!state.lookup) {
      if (state.resolver && advanceResolver(state.resolver, event, calls)) begin(state, calls);
      return;
    }
    const outcome = advanceLookup(state.lookup, event, calls);
    if (!outcome) return;
    if (outcome.type === 'truncated') {
      const isQuiet = state.options.short || state.options.hidden.includes('comments');
      if (!isQuiet) calls.print(';; Truncated, retrying in TCP mode.\n');
      return;
    }
    if (outcome.type === 'problem') {
      const { address, port } = outcome.server;
      const about = `${address}#${port}`;
      calls.print(
        outcome.transport === 'udp'
          ? `;; communications error to ${about}: ${outcome.text}\n`
          : `;; Connection to ${about}(${state.options.server ?? address}) for ${state.options.name} failed: ${outcome.text}.\n`,
      );
      if (!outcome.isLast) return;
      calls.print(`${banner(state)};; no servers could be reached\n`);
      calls.exit(9);
      return;
    }
    const { message, server } = outcome;
    if (state.options.short) calls.print(message.answers.map(({ data }) => `${data}\n`).join(''));
    else calls.print(banner(state) + fullAnswer(state, message, server, outcome, calls.now));
    calls.exit(0);
  },
};
