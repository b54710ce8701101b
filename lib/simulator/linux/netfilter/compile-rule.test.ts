import fc from 'fast-check';
import { expect, test } from 'vitest';
import { networkOf } from '../../base/cidr.ts';
import { seedRandom } from '../../base/random.ts';
import { createNetwork, addMachine } from '../network-state.ts';
import { numberOf4 } from '../prefix4.ts';
import { tcp } from '../../testing/netfilter-node.ts';
import { compiledAt, compiledOf, isRuleMatched } from './compile-rule.ts';
import { isMatch } from './match/match.ts';
import type { MatchSubject } from './match/subject.ts';
import type { Match, Rule } from './rule.ts';

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1', '192.168.0.1', '127.0.0.1');
const cidr = fc
  .tuple(address, fc.constantFrom(0, 8, 24, 31, 32, 32, 32))
  .map(([from, length]) => networkOf(`${from}/${String(length)}`) ?? '');
const not = fc.constantFrom({}, {}, { not: true as const });
const device = fc.constantFrom('eth0', 'cni+', 'cni0', 'lo');
const port = fc.constantFrom(80, 443, 1000);

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.tuple(cidr, not).map(([to, no]) => ({ match: 'destination' as const, cidr: to, ...no })),
  fc.tuple(cidr, not).map(([from, no]) => ({ match: 'source' as const, cidr: from, ...no })),
  fc.tuple(device, not).map(([name, no]) => ({ match: 'in-interface' as const, name, ...no })),
  fc.tuple(device, not).map(([name, no]) => ({ match: 'out-interface' as const, name, ...no })),
  fc
    .tuple(fc.constantFrom('tcp', 'udp', 'all', 'ipv6-icmp'), not)
    .map(([protocol, no]) => ({ match: 'protocol' as const, protocol, ...no })),
  fc.constant<Match>({ match: 'comment', text: 'why' }),
  port.map((each) => ({
    match: 'transport' as const,
    module: 'tcp' as const,
    destination: [each, each] as const,
  })),
  fc.constant<Match>({ match: 'statistic', probability: 0.5 }),
  fc.constant<Match>({ match: 'recent', list: 'seen', operation: 'set' }),
  fc.constant<Match>({ match: 'nth', every: 3, packet: 1 }),
  fc.constant<Match>({ match: 'limit', rate: 1, per: 'sec', burst: 2 }),
  not.map((no) => ({
    match: 'address-type' as const,
    side: 'dst' as const,
    type: 'LOCAL' as const,
    ...no,
  })),
);

const packet = fc.oneof(
  fc
    .tuple(address, port, address, port)
    .map(([from, a, to, b]) => tcp(`${from}:${a}`, `${to}:${b}`)),
  port.map((each) => tcp('[fd00::1]:1000', `[fd00::2]:${each}`)),
);

/** What rules look at, and all that they may change. */
function world(rules: readonly Rule[]) {
  const network = createNetwork();
  addMachine(network, 'node');
  const ruleset = { tables: {}, recent: {} };
  const random = seedRandom('compile');
  const chain = { policy: '-' as const, rules: [...rules] };
  const subjectFor = (sent: ReturnType<typeof tcp>): MatchSubject => ({
    skb: { packet: sent, mark: 0, inDevice: 'cni0', outDevice: 'eth0' },
    ruleset,
    now: 1,
    random,
    namespace: 'node',
    isLocalAddress: (asked) => asked.startsWith('127.'),
  });
  return { chain, subjectFor, changed: () => ({ ruleset, random, state: chain }) };
}

test('a compiled rule matches what its conditions match one by one, and leaves the same behind', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(match, { maxLength: 5 }), { minLength: 1, maxLength: 5 }),
      fc.array(packet, { minLength: 1, maxLength: 6 }),
      (conditions, packets) => {
        const rules = conditions.map((matches): Rule => ({ matches, target: { target: 'NONE' } }));
        const [plain, compiled] = [world(rules), world(rules)];
        for (const sent of packets) {
          const address4 = numberOf4(sent.destination);
          rules.forEach((rule, place) => {
            const one = plain.subjectFor(sent);
            Object.assign(one, { rule, at: { members: plain.chain, next: place + 1 } });
            const other = compiled.subjectFor(sent);
            Object.assign(other, { rule, at: { members: compiled.chain, next: place + 1 } });
            const ready = compiledAt(compiledOf(compiled.chain.rules), place, rule);
            expect(isRuleMatched(ready, other, address4)).toBe(
              rule.matches.every((each) => isMatch(each, one)),
            );
          });
        }
        expect(compiled.changed()).toEqual(plain.changed());
      },
    ),
    { numRuns: 1000 },
  );
});

test('a rule that takes the place of another is compiled anew', () => {
  const to = (cidrText: string): Rule => ({
    matches: [{ match: 'destination', cidr: cidrText }],
    target: { target: 'DROP' },
  });
  const rules = [to('10.0.0.1/32')];
  expect(compiledAt(compiledOf(rules), 0, rules[0]!).destination).toBe(numberOf4('10.0.0.1'));
  rules.splice(0, 1, to('10.0.0.2/32'));
  expect(compiledAt(compiledOf(rules), 0, rules[0]!).destination).toBe(numberOf4('10.0.0.2'));
});
