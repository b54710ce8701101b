import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printIptablesSave } from '../print/iptables-save.ts';
import type { Match, Rule, Ruleset, Target } from '../rule.ts';
import { appendRule, createRuleset, ensureChain, ensureTable } from '../ruleset.ts';
import { restoreIptables } from './parse-iptables.ts';

function restored(text: string): Ruleset {
  const result = restoreIptables(createRuleset(), text);
  if (!result.ok) expect.fail(result.text);
  return result.ruleset;
}

/** Each pair: what is written, and what `iptables-save` 1.8.9 answered for it (run on a kernel on 2026-11-22). */
const SPELLINGS: readonly (readonly [string, string])[] = [
  [
    `-m comment --comment "ns/svc:p80 \\"x\\" 'y' z" -m tcp -p tcp -d 10.0.0.1 --dport 80 ! -s 10.0.0.0/8 -j REJECT`,
    `! -s 10.0.0.0/8 -d 10.0.0.1/32 -p tcp -m comment --comment "ns/svc:p80 \\"x\\" \\'y\\' z" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable`,
  ],
  [
    '-m comment --comment abc -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 3001 -j DROP',
    '-p tcp -m comment --comment abc -m addrtype --dst-type LOCAL -m tcp --dport 3001 -j DROP',
  ],
  [
    '-m comment --comment "a b" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate DNAT,RELATED,ESTABLISHED -j DROP',
    '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "a b" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  ],
  [
    '-m state --state NEW,ESTABLISHED -i eth+ ! -o cni0 -j ACCEPT',
    '-i eth+ ! -o cni0 -m state --state NEW,ESTABLISHED -j ACCEPT',
  ],
  [
    '-p udp -m udp --sport 1:65535 ! --dport 53 -j ACCEPT',
    '-p udp -m udp --sport 1:65535 ! --dport 53 -j ACCEPT',
  ],
  ['-p tcp --syn -j KUBE-B', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j KUBE-B'],
  ['-p icmp -m icmp --icmp-type echo-reply -j ACCEPT', '-p icmp -m icmp --icmp-type 0 -j ACCEPT'],
  ['-p tcp -m multiport --dports 80,443:445', '-p tcp -m multiport --dports 80,443:445'],
  [
    '-m recent --name X --rcheck --seconds 10800 --reap -j KUBE-B',
    '-m recent --rcheck --seconds 10800 --reap --name X --mask 255.255.255.255 --rsource -j KUBE-B',
  ],
  [
    '-m recent --name X --set -m tcp -p tcp -j RETURN',
    '-p tcp -m recent --set --name X --mask 255.255.255.255 --rsource -m tcp -j RETURN',
  ],
  ['-p 47 -j RETURN', '-p gre -j RETURN'],
  ['-p tcp -j REJECT --reject-with tcp-reset', '-p tcp -j REJECT --reject-with tcp-reset'],
  [
    '-m statistic --mode random --probability 0.3333333333 -j KUBE-B',
    '-m statistic --mode random --probability 0.33333333349 -j KUBE-B',
  ],
  ['-m mark ! --mark 0x4000/0x4000 -j KUBE-B', '-m mark ! --mark 0x4000/0x4000 -j KUBE-B'],
  ['-s 0.0.0.0/0 -d 10.1.2.3/16 -j ACCEPT', '-d 10.1.0.0/16 -j ACCEPT'],
  [
    '-m mark --mark 0x1 -j MARK --set-mark 0x5/0xff',
    '-m mark --mark 0x1 -j MARK --set-xmark 0x5/0xff',
  ],
  ['-j MARK --or-mark 0x4000', '-j MARK --set-xmark 0x4000/0x4000'],
  ['-j MARK --xor-mark 0x4000', '-j MARK --set-xmark 0x4000/0x0'],
  ['-j MARK --and-mark 0x4000', '-j MARK --set-xmark 0x0/0xffffbfff'],
];

test.each(SPELLINGS)('%s prints as the kernel prints it', (written, saved) => {
  const ruleset = restored(
    `*filter\n:KUBE-A - [0:0]\n:KUBE-B - [0:0]\n-A KUBE-A ${written}\nCOMMIT\n`,
  );
  expect(printIptablesSave(ruleset)).toContain(`\n-A KUBE-A ${saved}\n`);
});

/** What the real tool wrote (with its name as iptables-restore). */
const COMPLAINTS: readonly (readonly [string, string])[] = [
  [
    '*filter\n-A FOO -j ACCEPT\nCOMMIT\n',
    'iptables-restore: line 2 failed: No chain/target/match by that name.\n',
  ],
  ['*filter\n-A INPUT --foo -j ACCEPT\nCOMMIT\n', usage('unknown option "--foo"')],
  ['*filter\n-A INPUT -j FOO\nCOMMIT\n', usage("Chain 'FOO' does not exist", undefined, 3)],
  [
    '*filter\n-A INPUT -m nosuch -j ACCEPT\nCOMMIT\n',
    usage("Couldn't load match `nosuch':No such file or directory\n"),
  ],
  [
    '*filter\n-A INPUT -p tcp --dport abc -j ACCEPT\nCOMMIT\n',
    usage("invalid port/service `abc' specified"),
  ],
  ['*filter\n-A INPUT --dport 80 -j ACCEPT\nCOMMIT\n', usage('unknown option "--dport"')],
  [
    '*filter\n-A INPUT -s 10.0.0.300 -j ACCEPT\nCOMMIT\n',
    usage("host/network `10.0.0.300' not found"),
  ],
  ['*filter\n-A INPUT -j ACCEPT\n', 'iptables-restore: COMMIT expected at line 3\n'],
  ['-A INPUT -j ACCEPT\n', 'iptables-restore: line 1 failed\n'],
  ['*filter\n:INPUT FOO [0:0]\nCOMMIT\n', 'iptables-restore: line 2 failed: Bad policy name.\n'],
  ['*filter\n-A INPUT -j REJECT --reject-with foo\nCOMMIT\n', usage('unknown reject type "foo"')],
  ['*filter\n-A INPUT -p foo -j ACCEPT\nCOMMIT\n', usage('unknown protocol "foo" specified')],
  [
    '*filter\n-A INPUT -m statistic --mode random --probability 2 -j ACCEPT\nCOMMIT\n',
    usage('statistic: bad value for option "--probability", or out of range (0-1).\n'),
  ],
  ['*filter\n-A INPUT -j\nCOMMIT\n', usage('option "-j" requires an argument')],
  [
    '*nat\n-A PREROUTING -j DNAT\nCOMMIT\n',
    usage('DNAT: option "--to-destination" must be specified\n'),
  ],
  [
    '*nat\n-A PREROUTING -j DNAT --to-destination 1.2.3.4:80\nCOMMIT\n',
    usage('Need TCP, UDP, SCTP or DCCP with port specification'),
  ],
  [
    '*filter\n-X FOO\nCOMMIT\n',
    'iptables-restore: line 2 failed: No chain/target/match by that name.\n',
  ],
  [
    '*filter\n-D INPUT -j ACCEPT\nCOMMIT\n',
    'iptables-restore: line 2 failed: Bad rule (does a matching rule exist in that chain?).\n',
  ],
  ['*filter\n-A INPUT -m conntrack --ctstate FOO -j ACCEPT\nCOMMIT\n', usage('Bad ctstate "FOO"')],
  [
    '*filter\n-A INPUT -m mark --mark zz -j ACCEPT\nCOMMIT\n',
    usage('mark: bad integer value for option "--mark", or out of range.\n'),
  ],
  [
    '*filter\n-A INPUT -i abcdefghijklmnopqrs -j ACCEPT\nCOMMIT\n',
    usage("interface name `abcdefghijklmnopqrs' must be shorter than IFNAMSIZ (15)"),
  ],
  ['*filter\ngarbage\nCOMMIT\n', usage("Bad argument `garbage'", '')],
  ['*filter\n-A INPUT foo -j ACCEPT\nCOMMIT\n', usage("Bad argument `foo'", '')],
  ['*filtr\nCOMMIT\n', usage("iptables-restore: line 1 table name 'filtr' invalid", undefined, 1)],
];

function usage(message: string, tool = 'iptables-restore v1.8.9 (nf_tables): ', line = 2): string {
  return `${tool}${message}\nError occurred at line: ${line}\nTry \`iptables-restore -h' or 'iptables-restore --help' for more information.\n`;
}

test.each(COMPLAINTS)('iptables-restore refuses %j in its own words', (text, complaint) => {
  const before = createRuleset();
  const result = restoreIptables(before, text);
  expect(result).toMatchObject({ ok: false, text: complaint });
  expect(before).toEqual(createRuleset());
});

test('without flushing, only chains that are declared are emptied', () => {
  const first = restored('*filter\n:OURS - [0:0]\n-A INPUT -j ACCEPT\n-A OURS -j DROP\nCOMMIT\n');
  const second = restoreIptables(
    first,
    '*filter\n:OURS - [0:0]\n-A OURS -j ACCEPT\nCOMMIT\n',
    'keep',
  );
  expect(second.ok && printIptablesSave(second.ruleset)).toBe(
    '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:OURS - [0:0]\n-A INPUT -j ACCEPT\n-A OURS -j ACCEPT\nCOMMIT\n',
  );
});

const not = fc.option(fc.constant(true as const), { nil: undefined });
const withNot = <T extends object>(match: T, flag: true | undefined): T & { not?: true } =>
  flag ? { ...match, not: flag } : match;
const port = fc.integer({ min: 0, max: 65_535 });
const range = fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const address = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((parts) => parts.join('.'));
const cidr = fc
  .tuple(address, fc.integer({ min: 0, max: 32 }))
  .map(([ip, prefix]) => `${ip}/${prefix}`);
const word = fc.stringMatching(/^[ -~]{1,40}$/);

const anyMatch: fc.Arbitrary<Match> = fc.oneof(
  fc
    .tuple(fc.constantFrom('source' as const, 'destination' as const), cidr, not)
    .map(([match, c, n]) => withNot({ match, cidr: c }, n)),
  fc
    .tuple(
      fc.constantFrom('in-interface' as const, 'out-interface' as const),
      fc.constantFrom('eth0', 'cni+', 'veth12'),
      not,
    )
    .map(([match, name, n]) => withNot({ match, name }, n)),
  word.map((text) => ({ match: 'comment' as const, text })),
  fc
    .tuple(
      fc.constantFrom('src' as const, 'dst' as const),
      fc.constantFrom('LOCAL' as const, 'UNICAST' as const),
      not,
    )
    .map(([side, type, n]) => withNot({ match: 'address-type' as const, side, type }, n)),
  fc
    .tuple(fc.nat(0xffff), fc.nat(0xffff), not)
    .map(([value, mask, n]) => withNot({ match: 'mark' as const, value, mask }, n)),
  fc
    .tuple(
      fc.uniqueArray(
        fc.constantFrom(
          'NEW' as const,
          'RELATED' as const,
          'ESTABLISHED' as const,
          'INVALID' as const,
          'DNAT' as const,
        ),
        { minLength: 1 },
      ),
      not,
    )
    .map(([states, n]) => withNot({ match: 'conntrack-state' as const, states }, n)),
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), not)
    .map(([probability, n]) => withNot({ match: 'statistic' as const, probability }, n)),
  fc
    .tuple(fc.array(range, { minLength: 1, maxLength: 3 }), not)
    .map(([ports, n]) =>
      withNot({ match: 'multiport' as const, side: 'destination' as const, ports }, n),
    ),
  fc
    .tuple(
      fc.constantFrom('rcheck' as const, 'update' as const),
      fc.integer({ min: 1, max: 99_999 }),
    )
    .map(([operation, seconds]) => ({
      match: 'recent' as const,
      list: 'LIST',
      operation,
      seconds,
      reap: true as const,
    })),
);

const tcp: fc.Arbitrary<readonly Match[]> = fc
  .record(
    {
      source: range,
      destination: range,
      notDestination: fc.constant(true as const),
      syn: fc.constantFrom('only' as const, 'not' as const),
    },
    { requiredKeys: [] },
  )
  .map((fields) => [
    { match: 'protocol' as const, protocol: 'tcp' },
    {
      match: 'transport' as const,
      module: 'tcp' as const,
      ...fields,
      ...(fields.destination === undefined && { notDestination: undefined }),
    },
  ])
  .map(
    ([protocol, transport]) =>
      [
        protocol,
        Object.fromEntries(
          Object.entries(transport ?? {}).filter(([, value]) => value !== undefined),
        ),
      ] as unknown as readonly Match[],
  );

const anyTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.constantFrom<Target>(
    { target: 'ACCEPT' },
    { target: 'DROP' },
    { target: 'RETURN' },
    { target: 'NONE' },
    { target: 'REJECT' },
    { target: 'JUMP', chain: 'OTHER' },
    { target: 'MASQUERADE', randomFully: true },
    { target: 'NOTRACK' },
  ),
  fc.tuple(address, port).map(([ip, p]) => ({ target: 'DNAT' as const, to: `${ip}:${p}` })),
  address.map((to) => ({ target: 'SNAT' as const, to })),
  fc
    .tuple(
      fc.constantFrom('set' as const, 'or' as const, 'xor' as const, 'and' as const),
      fc.nat(0xffff),
    )
    .map(([operation, value]) => ({ target: 'MARK' as const, operation, value })),
);

const anyRule: fc.Arbitrary<Rule> = fc
  .tuple(tcp, fc.array(anyMatch, { maxLength: 5 }), anyTarget)
  .map(([first, more, target]) => {
    // One of a kind, as one command line can name them.
    const kinds = new Map([...first, ...more].map((match) => [match.match, match]));
    return { matches: [...kinds.values()], target };
  });

test('reading what we print gives the same rules', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 6 }), (rules) => {
      const ruleset = createRuleset();
      ensureTable(ruleset, 'nat');
      ensureChain(ruleset, 'nat', 'OTHER');
      for (const rule of rules) appendRule(ruleset, 'nat', 'OURS', rule);
      const text = printIptablesSave(ruleset);
      const again = restored(text);
      expect(again).toEqual(ruleset);
      expect(printIptablesSave(again)).toBe(text);
    }),
  );
});
