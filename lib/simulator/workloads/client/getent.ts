import { ipVersion, reverseName } from '../../base/ip.ts';
import type { Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import { advanceExchange, startExchange, type DnsExchange } from './resolver/dns-exchange.ts';
import { parseHosts } from './resolver/hosts-file.ts';
import { parseResolvConf } from './resolver/resolv-conf.ts';
import { advanceResolver, startResolver, type ResolverState } from './resolver/resolver.ts';

interface GetentState {
  readonly database: string;
  readonly key: string;
  resolver?: ResolverState;
  exchange?: DnsExchange;
}

const NOT_FOUND = 2;
const pad = (address: string) => address.padEnd(15);

/** `getent hosts NAME` asks for IPv6 first, and for IPv4 when there is none (gethostbyname2). */
function show(state: GetentState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  if (!result.ok) {
    calls.exit(NOT_FOUND);
    return;
  }
  const { addresses, canonicalName } = result;
  const canonical = canonicalName.replace(/\.$/, '');
  if (state.database === 'hosts') {
    const v6 = addresses.filter((address) => ipVersion(address) === 6);
    const shown = v6.length > 0 ? v6 : addresses;
    const alias = canonical.toLowerCase() === state.key.toLowerCase() ? '' : ` ${state.key}`;
    const isSearched = state.resolver?.candidates.some((name) => name === `${canonical}.`) ?? false;
    const names = isSearched ? canonical : `${canonical}${alias}`;
    calls.print(shown.map((address) => `${pad(address)} ${names}\n`).join(''));
  } else {
    const kinds = ['STREAM', 'DGRAM', 'RAW'];
    calls.print(
      addresses
        .flatMap((address, i) =>
          kinds.map((kind, k) =>
            `${pad(address)} ${kind.padEnd(6)} ${i === 0 && k === 0 ? canonical : ''}`.trimEnd(),
          ),
        )
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  calls.exit(0);
}

/** The name of an address: /etc/hosts, then PTR. */
function startReverse(state: GetentState, calls: SystemCalls): void {
  const entry = parseHosts(calls.readFile('/etc/hosts') ?? '').find(
    ({ address }) => address === state.key,
  );
  if (entry) {
    calls.print(`${pad(state.key)} ${entry.names.join(' ')}\n`);
    calls.exit(0);
    return;
  }
  const { nameservers, timeout, attempts } = parseResolvConf(
    calls.readFile('/etc/resolv.conf') ?? '',
  );
  state.exchange = startExchange(
    {
      question: { name: reverseName(state.key) ?? '', type: 'PTR' },
      servers: nameservers.map((address) => ({ address, port: 53 })),
      timeout,
      tries: attempts,
    },
    calls,
  );
}

function hearReverse(state: GetentState, event: ProgramEvent, calls: SystemCalls): void {
  const outcome = state.exchange && advanceExchange(state.exchange, event, calls);
  if (!outcome) return;
  if (outcome.type === 'problem') {
    if (outcome.isLast) calls.exit(NOT_FOUND);
    return;
  }
  const name = outcome.message.answers.find(({ type }) => type === 'PTR')?.data.replace(/\.$/, '');
  if (name !== undefined) calls.print(`${pad(state.key)} ${name}\n`);
  calls.exit(name === undefined ? NOT_FOUND : 0);
}

/** getent(1) for the databases `hosts`, `ahosts`, `ahostsv4`: what the name service switch gives a program. */
export const GETENT: Program<GetentState> = {
  name: 'getent',
  start(args, calls) {
    const [database = '', key = ''] = args;
    const state: GetentState = { database, key };
    if (database === '') {
      calls.printError(
        "getent: wrong number of arguments\nTry `getent --help' or `getent --usage' for more information.\n",
      );
      calls.exit(64);
    } else if (!['hosts', 'ahosts', 'ahostsv4', 'ahostsv6'].includes(database)) {
      calls.printError(
        `Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.\n`,
      );
      calls.exit(1);
    } else if (key === '') {
      for (const { address, names } of parseHosts(calls.readFile('/etc/hosts') ?? ''))
        calls.print(`${pad(address)} ${names.join(' ')}\n`);
      calls.exit(0);
    } else if (database === 'hosts' && ipVersion(key) !== undefined) startReverse(state, calls);
    else {
      const types =
        database === 'ahostsv4'
          ? (['A'] as const)
          : database === 'ahostsv6'
            ? (['AAAA'] as const)
            : (['A', 'AAAA'] as const);
      state.resolver = startResolver(key, types, calls);
      show(state, calls);
    }
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.exchange) hearReverse(state, event, calls);
    else if (state.resolver && advanceResolver(state.resolver, event, calls)) show(state, calls);
  },
};
