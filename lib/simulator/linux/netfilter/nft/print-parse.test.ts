import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyNftCommands } from './apply-commands.ts';
import type { NftCommand } from './command.ts';
import type { NftExpression } from './expression.ts';
import type { NftRuleBody } from './model.ts';
import { parseNftScript } from './parse/parse-script.ts';
import { listNftRuleset } from './print/list-ruleset.ts';
import { printNftScript } from './print/print-script.ts';
import { createNftRuleset } from './ruleset.ts';
import type { NftMatch, NftStatement } from './statement.ts';

const address = fc
  .tuple(fc.nat(223), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((parts) => parts.join('.'));
const cidr = fc
  .tuple(address, fc.integer({ min: 1, max: 32 }))
  .map(([ip, prefix]) => `${ip}/${prefix}`);
const port = fc.nat(65_535).map(String);
const protocol = fc.constantFrom('tcp', 'udp', 'sctp', 'icmp');
const chain = fc.constantFrom('a', 'service-X/y/tcp/p80', 'endpoint-1__10.0.0.1/80');
const number = fc.nat(0xffff_ffff);
const comment = fc.string({ maxLength: 20 }).map((text) => text.replace(/[^ -!#-~]/g, ''));

const sourceOrDestination: fc.Arbitrary<NftExpression> = fc
  .constantFrom('saddr', 'daddr')
  .map((field) => ({ expression: 'payload', protocol: 'ip', field }) as const);
const mark: NftExpression = { expression: 'meta', key: 'mark' };

const addressMatch: fc.Arbitrary<NftMatch> = fc.record({
  statement: fc.constant('match' as const),
  left: sourceOrDestination,
  operator: fc.constantFrom('==' as const, '!=' as const),
  right: fc.oneof(
    cidr.map((value) => ({ right: 'value' as const, value })),
    fc.constant({ right: 'set' as const, name: 'addresses' }),
    fc
      .uniqueArray(address, { minLength: 1, maxLength: 4 })
      .map((elements) => ({ right: 'anonymous' as const, elements })),
  ),
});
const portMatch: fc.Arbitrary<NftMatch> = fc.record({
  statement: fc.constant('match' as const),
  left: fc
    .tuple(fc.constantFrom('tcp', 'udp', 'th'), fc.constantFrom('sport', 'dport'))
    .map(([name, field]) => ({ expression: 'payload', protocol: name, field })),
  operator: fc.constantFrom('==' as const, '!=' as const, '<' as const, '>=' as const),
  right: port.map((value) => ({ right: 'value' as const, value })),
});
const markMatch: fc.Arbitrary<NftMatch> = fc.record({
  statement: fc.constant('match' as const),
  left: number.map(
    (right) => ({ expression: 'bitwise', operation: 'and', left: mark, right }) as const,
  ),
  operator: fc.constantFrom('==' as const, '!=' as const),
  right: number.map((value) => ({ right: 'value' as const, value: String(value) })),
});
const stateMatch: fc.Arbitrary<NftMatch> = fc
  .uniqueArray(fc.constantFrom('new', 'established', 'related', 'invalid'), { minLength: 1 })
  .chain((values) =>
    fc.constantFrom('flags' as const, 'anonymous' as const).map((kind) => ({
      statement: 'match' as const,
      left: { expression: 'ct' as const, key: 'state' as const },
      operator: '==' as const,
      right:
        kind === 'anonymous'
          ? { right: kind, elements: values }
          : values.length === 1
            ? { right: 'value' as const, value: values[0] ?? 'new' }
            : { right: kind, values },
    })),
  );
const mapLookup: fc.Arbitrary<NftStatement> = fc.constant({
  statement: 'vmap',
  key: {
    expression: 'concat',
    parts: [
      { expression: 'payload', protocol: 'ip', field: 'daddr' },
      { expression: 'meta', key: 'l4proto' },
      { expression: 'payload', protocol: 'th', field: 'dport' },
    ],
  },
  map: { map: 'named', name: 'services' },
});
const lottery: fc.Arbitrary<NftStatement> = fc
  .tuple(
    fc.constantFrom('random' as const, 'inc' as const),
    fc.array(chain, { minLength: 1, maxLength: 5 }),
  )
  .map(([mode, chains]) => ({
    statement: 'vmap',
    key: { expression: 'numgen', mode, mod: chains.length },
    map: {
      map: 'anonymous',
      elements: chains.map((name, i) => ({
        key: String(i),
        verdict: { verdict: 'goto', chain: name },
      })),
    },
  }));
const setMark: fc.Arbitrary<NftStatement> = fc
  .tuple(fc.constantFrom('and' as const, 'or' as const, 'xor' as const), number)
  .map(([operation, right]) => ({
    statement: 'set-mark',
    of: 'meta',
    value: { expression: 'bitwise', operation, left: mark, right },
  }));
const last: fc.Arbitrary<NftStatement> = fc.oneof(
  fc
    .constantFrom('accept' as const, 'drop' as const, 'return' as const)
    .map((verdict) => ({ statement: 'verdict', verdict: { verdict } }) as const),
  fc
    .tuple(fc.constantFrom('jump' as const, 'goto' as const), chain)
    .map(
      ([verdict, name]) => ({ statement: 'verdict', verdict: { verdict, chain: name } }) as const,
    ),
  mapLookup,
  lottery,
  fc.tuple(address, port).map(
    ([to, number_]) =>
      ({
        statement: 'nat',
        nat: 'dnat',
        address: { expression: 'value', value: to },
        port: { expression: 'value', value: number_ },
      }) as const,
  ),
  fc.constant({ statement: 'masquerade', flags: ['fully-random'] } as const),
  fc.constant({ statement: 'reject' } as const),
  fc.constant({ statement: 'reject', with: { with: 'tcp-reset' } } as const),
  fc.constant({
    statement: 'set-update',
    operation: 'update',
    set: 'addresses',
    key: { expression: 'payload', protocol: 'ip', field: 'saddr' },
  } as const),
);
const middle = fc.oneof(
  setMark,
  fc.constant({ statement: 'counter' } as const),
  fc
    .tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom('second' as const, 'day' as const))
    .map(([rate, per]) => ({ statement: 'limit', rate, per }) as const),
);
/** nft refuses a rule that asks for two transport protocols. */
function withOneProtocol(matches: readonly NftMatch[]): NftMatch[] {
  const protocols = matches.map(({ left }) => (left.expression === 'payload' ? left.protocol : ''));
  const first = protocols.find((name) => name === 'tcp' || name === 'udp');
  const other = first === 'tcp' ? 'udp' : 'tcp';
  return matches.filter((_, i) => protocols[i] !== other);
}

const rule: fc.Arbitrary<NftRuleBody> = fc
  .tuple(
    fc.array(fc.oneof(addressMatch, portMatch, markMatch, stateMatch), { maxLength: 3 }),
    fc.option(middle, { nil: undefined }),
    last,
    fc.option(comment, { nil: undefined }),
  )
  .map(([matches, some, end, text]) => ({
    statements: [...withOneProtocol(matches), ...(some ? [some] : []), end],
    ...(text !== undefined && { comment: text }),
  }));

const IN = { family: 'ip', table: 'kube-proxy' } as const;
const CHAINS = ['a', 'service-X/y/tcp/p80', 'endpoint-1__10.0.0.1/80'];

function transaction(
  rules: readonly NftRuleBody[],
  keys: readonly string[],
  addresses: readonly string[],
): NftCommand[] {
  const elements = keys.map((key, i) => ({
    key,
    verdict: { verdict: 'goto', chain: CHAINS[i % CHAINS.length] ?? 'a' } as const,
  }));
  return [
    { ...IN, verb: 'add', object: 'table', comment: 'rules' },
    ...CHAINS.map((name): NftCommand => ({ ...IN, verb: 'add', object: 'chain', chain: name })),
    {
      ...IN,
      verb: 'add',
      object: 'chain',
      chain: 'entry',
      base: { type: 'filter', hook: 'FORWARD', priority: -5, policy: 'drop' },
    },
    {
      ...IN,
      verb: 'add',
      object: 'set',
      name: 'addresses',
      set: { kind: 'set', type: ['ipv4_addr'], flags: ['dynamic', 'timeout'], timeout: 10_800 },
    },
    {
      ...IN,
      verb: 'add',
      object: 'set',
      name: 'services',
      set: {
        kind: 'map',
        type: ['ipv4_addr', 'inet_proto', 'inet_service'],
        data: 'verdict',
        comment: 'Services',
      },
    },
    { ...IN, verb: 'add', object: 'element', kind: 'map', name: 'services', elements },
    {
      ...IN,
      verb: 'add',
      object: 'element',
      kind: 'set',
      name: 'addresses',
      elements: addresses.map((key) => ({ key })),
    },
    ...rules.map((body): NftCommand => ({
      ...IN,
      verb: 'add',
      object: 'rule',
      chain: 'entry',
      rule: body,
    })),
  ];
}

const script = fc
  .tuple(
    fc.array(rule, { maxLength: 12 }),
    fc.uniqueArray(
      fc.tuple(address, protocol, port).map((parts) => parts.join(' . ')),
      { maxLength: 8 },
    ),
    fc.uniqueArray(address, { maxLength: 5 }),
  )
  .map((parts) => transaction(...parts));

function load(commands: readonly NftCommand[]) {
  const ruleset = createNftRuleset();
  expect(applyNftCommands(ruleset, commands, 0)).toBeUndefined();
  return ruleset;
}

function read(text: string): readonly NftCommand[] {
  const parsed = parseNftScript(text);
  if (!parsed.ok) expect.fail(`${JSON.stringify(parsed.problem)}\n${text}`);
  return parsed.commands;
}

test('what a program writes for nft is read back as the same rules', () => {
  fc.assert(
    fc.property(script, (commands) => {
      expect(load(read(printNftScript(commands)))).toEqual(load(commands));
    }),
    { numRuns: 150 },
  );
});

test('what nft lists is read back as the same rules', () => {
  fc.assert(
    fc.property(script, (commands) => {
      const listing = listNftRuleset(load(commands), { now: 0 });
      expect(listNftRuleset(load(read(listing)), { now: 0 })).toBe(listing);
    }),
    { numRuns: 150 },
  );
});

test.each([
  ['add rule ip t c ip daddr 1.1.1.1 dropp', 'syntax error, unexpected end of file', 39],
  ['add rule ip t', 'syntax error, unexpected end of file, expecting string', 14],
  ['add set ip t s { type foo ; }', 'unknown datatype foo', 23],
  ['add chain ip t c { type filter hook nowhere priority 0 ; }', 'unknown chain hook', 37],
  ['add rule ip t c comment "open', 'syntax error, unexpected junk', 25],
])('%s is refused where it is wrong', (text, problem, column) => {
  const parsed = parseNftScript(text);
  expect(parsed.ok ? undefined : parsed.problem).toMatchObject({ text: problem, line: 1, column });
});
