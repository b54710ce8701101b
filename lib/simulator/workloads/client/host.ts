import type { Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import type {
  DnsMessage,
  RecordType,
  ResourceRecord,
  ResponseCode,
} from '../../packet/dns-message.ts';
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

interface HostState {
  readonly name: string;
  readonly server?: string;
  readonly timeout: number;
  readonly tries: number;
  /** Types still to be asked for, the present one first. */
  types: readonly RecordType[];
  readonly isDefault: boolean;
  resolver?: ResolverState;
  serverAddress?: string;
  lookup?: DnsLookup;
  hasShownServer: boolean;
}

const USAGE = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -t specifies the query type
       -R specifies number of retries for UDP packets
       -W specifies how long to wait for a reply
`;

type Parse =
  { readonly ok: true; readonly state: HostState } | { readonly ok: false; readonly text: string };

function parseArguments(args: readonly string[]): Parse {
  const words: string[] = [];
  let [timeout, tries] = [5, 2];
  let type: RecordType | undefined;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-')) {
      words.push(arg);
      continue;
    }
    const letter = arg[1] ?? '';
    if ('tWR'.includes(letter) && letter !== '') {
      const value = arg.length > 2 ? arg.slice(2) : (rest.shift() ?? '');
      if (letter === 't') {
        type = parseRecordType(value);
        if (!type) return { ok: false, text: `host: invalid type: ${value}\n` };
      }
      if (letter === 'W') timeout = Math.max(1, Number(value) || 1);
      if (letter === 'R') tries = Math.max(1, Number(value) || 1) + 1;
    } else if (!/^-[46TUv]+$/.test(arg))
      return { ok: false, text: `host: illegal option -- ${letter}\n${USAGE}` };
  }
  const [name, server] = words;
  if (name === undefined) return { ok: false, text: USAGE };
  const isReverse = reverseOf(name) !== undefined;
  const types: readonly RecordType[] = isReverse ? ['PTR'] : type ? [type] : ['A', 'AAAA', 'MX'];
  return {
    ok: true,
    state: {
      name,
      timeout,
      tries,
      types,
      isDefault: !type && !isReverse,
      hasShownServer: false,
      ...(server !== undefined && { server }),
    },
  };
}

function ask(state: HostState, calls: SystemCalls): void {
  const config = parseResolvConf(calls.readFile('/etc/resolv.conf') ?? '');
  const reverse = reverseOf(state.name);
  const found = state.lookup?.exchange.question.name;
  const servers = state.serverAddress === undefined ? config.nameservers : [state.serverAddress];
  state.lookup = startLookup(
    {
      type: state.types[0] ?? 'A',
      candidates:
        found !== undefined
          ? [found]
          : reverse !== undefined
            ? [reverse]
            : candidateNames(state.name, config),
      servers: servers.map((address) => ({ address, port: 53 })),
      timeout: state.timeout,
      tries: state.tries,
    },
    calls,
  );
}

function begin(state: HostState, calls: SystemCalls): void {
  if (state.server !== undefined) {
    state.resolver ??= startResolver(state.server, ['A'], calls);
    const { result } = state.resolver;
    if (!result) return;
    if (!result.ok) {
      calls.printError(`host: couldn't get address for '${state.server}': not found\n`);
      calls.exit(1);
      return;
    }
    state.serverAddress = result.addresses[0] ?? '';
  }
  ask(state, calls);
}

const CODES: Readonly<Record<ResponseCode, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};

function recordText({ name, type, data }: ResourceRecord): string {
  const owner = withoutDot(name);
  switch (type) {
    case 'A':
      return `${owner} has address ${data}\n`;
    case 'AAAA':
      return `${owner} has IPv6 address ${data}\n`;
    case 'CNAME':
      return `${owner} is an alias for ${data}\n`;
    case 'PTR':
      return `${owner} domain name pointer ${data}\n`;
    case 'MX':
      return `${owner} mail is handled by ${data}\n`;
    case 'NS':
      return `${owner} name server ${data}\n`;
    case 'TXT':
      return `${owner} descriptive text ${data}\n`;
    case 'ANY':
    case 'HINFO':
    case 'SOA':
    case 'SRV':
      return `${owner} has ${type} record ${data}\n`;
  }
}

function showAnswer(state: HostState, message: DnsMessage, calls: SystemCalls): void {
  if (state.server !== undefined && !state.hasShownServer) {
    state.hasShownServer = true;
    calls.print(
      `Using domain server:\nName: ${state.server}\nAddress: ${state.serverAddress}#53\nAliases: \n\n`,
    );
  }
  const { responseCode, question } = message;
  if (responseCode !== 'NOERROR') {
    const shown = reverseOf(state.name) === undefined ? state.name : question.name;
    calls.print(`Host ${shown} not found: ${CODES[responseCode]}(${responseCode})\n`);
    calls.exit(1);
    return;
  }
  const isFollowUp = state.isDefault && question.type !== 'A';
  const records = isFollowUp
    ? message.answers.filter(({ type }) => type === question.type)
    : message.answers;
  calls.print(records.map(recordText).join(''));
  if (message.answers.length === 0 && !state.isDefault)
    calls.print(`${withoutDot(question.name)} has no ${question.type} record\n`);
  state.types = state.types.slice(1);
  if (state.types.length > 0) ask(state, calls);
  else calls.exit(0);
}

function hear(state: HostState, event: ProgramEvent, calls: SystemCalls): void {
  const outcome = state.lookup && advanceLookup(state.lookup, event, calls);
  if (!outcome) return;
  if (outcome.type === 'truncated') {
    calls.print(';; Truncated, retrying in TCP mode.\n');
    return;
  }
  if (outcome.type === 'answer') {
    showAnswer(state, outcome.message, calls);
    return;
  }
  const { address, port } = outcome.server;
  calls.print(`;; communications error to ${address}#${port}: ${outcome.text}\n`);
  if (!outcome.isLast) return;
  calls.print(';; no servers could be reached\n');
  calls.exit(1);
}

/** host of BIND 9.18: addresses and mail exchangers of a name, one type with `-t`, the name of an address. */
export const HOST: Program<HostState> = {
  name: 'host',
  start(args, calls) {
    const parsed = parseArguments(args);
    if (parsed.ok) {
      begin(parsed.state, calls);
      return parsed.state;
    }
    calls.printError(parsed.text);
    calls.exit(1);
    return { name: '', timeout: 1, tries: 1, types: [], isDefault: true, hasShownServer: false };
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.lookup) hear(state, event, calls);
    else if (state.resolver && advanceResolver(state.resolver, event, calls)) begin(state, calls);
  },
};
