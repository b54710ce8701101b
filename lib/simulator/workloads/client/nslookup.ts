import type { Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import type { DnsMessage, RecordType, ResourceRecord } from '../../packet/dns-message.ts';
import {
  advanceLookup,
  parseRecordType,
  reverseOf,
  startLookup,
  withoutDot,
  type DnsLookup,
} from './dns-lookup.ts';
import { parseResolvConf } from './resolver/resolv-conf.ts';
import {
  advanceResolver,
  candidateNames,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';

interface NslookupState {
  readonly name: string;
  /** Absent: addresses of both families. */
  readonly type?: RecordType;
  readonly server?: string;
  readonly timeout: number;
  readonly tries: number;
  readonly port: number;
  resolver?: ResolverState;
  serverAddress?: string;
  lookup?: DnsLookup;
  /** The first question (A) had no records. */
  hasNothing: boolean;
}

function parseArguments(args: readonly string[], calls: SystemCalls): NslookupState {
  const words = args.filter((arg) => !arg.startsWith('-'));
  let type: RecordType | undefined;
  let [timeout, tries, port] = [5, 3, 53];
  for (const arg of args.filter((one) => one.startsWith('-'))) {
    const [name = '', value = ''] = arg.slice(1).split('=');
    const given = parseRecordType(value);
    if (['type', 'querytype', 'query', 'q', 'ty', 'qu'].includes(name)) {
      if (given) type = given;
      else calls.print(`unknown query type: ${value}\n`);
    } else if (name === 'timeout') timeout = Math.max(1, Number(value) || 5);
    else if (name === 'retry') tries = Math.max(1, Number(value) || 1);
    else if (name === 'port') port = Number(value);
    else if (name !== 'debug' && name !== 'nodebug') calls.print(`*** Invalid option: ${name}\n`);
  }
  return {
    name: words[0] ?? '',
    timeout,
    tries,
    port,
    hasNothing: false,
    ...(type && { type }),
    ...(words[1] !== undefined && { server: words[1] }),
  };
}

function ask(state: NslookupState, type: RecordType, calls: SystemCalls): void {
  const config = parseResolvConf(calls.readFile('/etc/resolv.conf') ?? '');
  const reverse = reverseOf(state.name);
  const servers = state.serverAddress === undefined ? config.nameservers : [state.serverAddress];
  const found = state.lookup?.exchange.question.name;
  state.lookup = startLookup(
    {
      type,
      candidates:
        found !== undefined
          ? [found]
          : reverse !== undefined
            ? [reverse]
            : candidateNames(state.name, config),
      servers: servers.map((address) => ({ address, port: state.port })),
      timeout: state.timeout,
      tries: state.tries,
    },
    calls,
  );
}

function begin(state: NslookupState, calls: SystemCalls): void {
  if (state.server !== undefined) {
    state.resolver ??= startResolver(state.server, ['A'], calls);
    const { result } = state.resolver;
    if (!result) return;
    if (!result.ok) {
      calls.printError(`nslookup: couldn't get address for '${state.server}': not found\n`);
      calls.exit(1);
      return;
    }
    state.serverAddress = result.addresses[0] ?? '';
  }
  ask(state, reverseOf(state.name) === undefined ? (state.type ?? 'A') : 'PTR', calls);
}

/** How nslookup words a record (bin/dig/nslookup.c `printsection`). */
function recordText({ name, type, data }: ResourceRecord): string {
  const owner = withoutDot(name);
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${owner}\nAddress: ${data}\n`;
    case 'CNAME':
      return `${owner}\tcanonical name = ${data}\n`;
    case 'PTR':
      return `${owner}\tname = ${data}\n`;
    case 'SRV':
      return `${owner}\tservice = ${data}\n`;
    case 'NS':
      return `${owner}\tnameserver = ${data}\n`;
    case 'MX':
      return `${owner}\tmail exchanger = ${data}\n`;
    case 'TXT':
      return `${owner}\ttext = ${data}\n`;
    case 'SOA': {
      const [origin, mail, serial, refresh, retry, expire, minimum] = data.split(' ');
      return `${owner}\n\torigin = ${withoutDot(origin ?? '')}\n\tmail addr = ${withoutDot(mail ?? '')}\n\tserial = ${serial}\n\trefresh = ${refresh}\n\tretry = ${retry}\n\texpire = ${expire}\n\tminimum = ${minimum}\n`;
    }
    case 'ANY':
    case 'HINFO':
      return `${owner}\trdata_${type} = ${data}\n`;
  }
}

function showAnswer(
  state: NslookupState,
  message: DnsMessage,
  server: string,
  calls: SystemCalls,
): void {
  const { type } = message.question;
  const isReverse = reverseOf(state.name) !== undefined;
  const isFirst = type !== 'AAAA' || state.type !== undefined;
  if (message.responseCode === 'SERVFAIL') calls.print(`;; Got SERVFAIL reply from ${server}\n`);
  if (isFirst && !isReverse)
    calls.print(`Server:\t\t${server}\nAddress:\t${server}#${state.port}\n\n`);
  if (message.responseCode !== 'NOERROR') {
    calls.print(
      `** server can't find ${withoutDot(message.question.name)}: ${message.responseCode}\n\n`,
    );
    calls.exit(1);
    return;
  }
  if (isFirst && !isReverse && !message.isAuthoritative) calls.print('Non-authoritative answer:\n');
  const records = isFirst
    ? message.answers
    : message.answers.filter((record) => record.type === 'AAAA');
  calls.print(records.map(recordText).join(''));
  const isPair = state.type === undefined && !isReverse;
  if (isPair && type === 'A') {
    state.hasNothing = message.answers.length === 0;
    ask(state, 'AAAA', calls);
    return;
  }
  if (message.answers.length === 0 && (!isPair || state.hasNothing))
    calls.print(`*** Can't find ${state.name}: No answer\n`);
  calls.print('\n');
  calls.exit(0);
}

function hear(state: NslookupState, event: ProgramEvent, calls: SystemCalls): void {
  const outcome = state.lookup && advanceLookup(state.lookup, event, calls);
  if (!outcome) return;
  if (outcome.type === 'truncated') {
    calls.print(';; Truncated, retrying in TCP mode.\n');
    return;
  }
  if (outcome.type === 'answer') {
    showAnswer(state, outcome.message, outcome.server.address, calls);
    return;
  }
  const { address, port } = outcome.server;
  calls.print(`;; communications error to ${address}#${port}: ${outcome.text}\n`);
  if (!outcome.isLast) return;
  calls.print(';; no servers could be reached\n\n');
  calls.exit(1);
}

/** nslookup of BIND 9.18, with a name on the command line. Simplified: no interactive mode. */
export const NSLOOKUP: Program<NslookupState> = {
  name: 'nslookup',
  start(args, calls) {
    const state = parseArguments(args, calls);
    if (state.name === '') {
      calls.printError('nslookup: give a name; the interactive mode is not available here\n');
      calls.exit(1);
    } else begin(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.lookup) hear(state, event, calls);
    else if (state.resolver && advanceResolver(state.resolver, event, calls)) begin(state, calls);
  },
};
