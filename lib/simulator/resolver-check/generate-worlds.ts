import { nextInt, seedRandom, type RandomState } from '../base/random.ts';

/** How a nameserver behaves. `empty` knows that none of the names exist; `refuses` serves no domain; `silent` is heard by nobody; `dead` does not run. */
export type ServerKind = 'good' | 'empty' | 'refuses' | 'silent' | 'dead';

export interface Server {
  readonly address: string;
  readonly kind: ServerKind;
  /** dnsmasq.conf. */
  readonly config: string;
}

/** One command and the files it meets. */
export interface LookUp {
  readonly database: 'hosts' | 'ahosts' | 'ahostsv4' | 'ahostsv6';
  readonly name: string;
  readonly resolvConf: string;
}

/** Servers, an /etc/hosts, and look-ups that are made one after the other. */
export interface World {
  readonly servers: readonly Server[];
  readonly hosts: string;
  readonly ipv6: 'on' | 'off';
  readonly lookUps: readonly LookUp[];
}

const LOOKUPS_A_WORLD = 8;
const ADDRESSES = ['10.0.53.1', '10.0.53.2', '10.0.53.3'];
const LONG = 'l'.repeat(60);

const many = (name: string, count: number, network: string) =>
  Array.from({ length: count }, (_, i) => `host-record=${name},${network}.${i + 1}`);

/** Names with one family, both, many addresses, aliases, aliases that lead to the other family. */
const RECORDS = [
  'host-record=web.a.test,10.1.0.1,fd00:1::1',
  'host-record=v4.a.test,10.1.0.2',
  'host-record=v6.a.test,fd00:1::2',
  'host-record=web.b.test,10.1.0.3',
  'host-record=db.c.b.test,10.1.0.4',
  'host-record=host.test,10.1.0.5,fd00:1::5',
  'host-record=deep.x.y.z.a.test,10.1.0.6',
  'host-record=near.a.test,10.7.0.1',
  'host-record=near.a.test,10.0.0.130',
  'host-record=near.a.test,10.0.0.2',
  'cname=al.a.test,web.b.test',
  'cname=al6.b.test,v6.a.test',
  'cname=chain.a.test,al.a.test',
  `cname=long.a.test,${LONG}.${LONG}.${LONG}.b.test`,
  `cname=${LONG}.${LONG}.${LONG}.b.test,${LONG}.${LONG}.z${LONG}.b.test`,
  `host-record=${LONG}.${LONG}.z${LONG}.b.test,10.1.0.7,fd00:1::7`,
  ...many('some.b.test', 12, '10.2.0'),
  ...many('more.b.test', 26, '10.3.0'),
  ...many('big.a.test', 45, '10.4.0'),
  ...many('six.a.test', 20, 'fd00:2:').map((line) => line.replace(/:\.(\d+)$/, '::$1')),
];

const NAMES = [
  'web',
  'v4',
  'v6',
  'al',
  'al6',
  'chain',
  'long',
  'some',
  'more',
  'big',
  'six',
  'near',
  'web.a',
  'web.b',
  'db.c',
  'db.c.b',
  'a',
  'x.y',
  'deep.x.y.z',
  'web.a.test',
  'v4.a.test',
  'v6.a.test',
  'al.a.test',
  'al6.b.test',
  'chain.a.test',
  'long.a.test',
  'host.test',
  'big.a.test',
  'near.a.test',
  'nope',
  'nope.a',
  'nope.a.test',
  'WEB.A.Test',
  'www.other',
  'inhosts',
  'inhosts.a.test',
  'six-in-hosts',
  'twice',
  '10.1.0.1',
  '10.1.0.99',
  'fd00:1::1',
  '10.9.9.9',
];

const HOSTS = [
  '127.0.0.1 localhost',
  '::1 localhost ip6-localhost',
  '10.9.9.9 inhosts.example inhosts',
  'fd00:9::9 six-in-hosts',
  '10.9.9.1 twice first',
  '10.9.9.2 second twice',
  '',
].join('\n');

const DOMAINS = ['a.test', 'b.test', 'c.b.test', 'none.test', 'other', 'test', '.'];

function configOf(kind: ServerKind, address: string): string {
  const lines = ['no-resolv', 'no-hosts', `listen-address=${address}`];
  if (kind !== 'refuses') lines.push('local=/test/');
  if (kind === 'good' || kind === 'silent') lines.push(...RECORDS);
  return `${lines.join('\n')}\n`;
}

/** Draws with a memory: everything comes from the seed. */
class Draw {
  readonly #random: RandomState;

  constructor(seed: string) {
    this.#random = seedRandom(seed);
  }

  below(limit: number): number {
    return nextInt(this.#random, limit);
  }

  one<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  some<T>(values: readonly T[], count: number): T[] {
    const rest = [...values];
    return Array.from({ length: count }, () => rest.splice(this.below(rest.length), 1)[0]!);
  }
}

const KINDS: readonly ServerKind[] = [
  'good',
  'good',
  'good',
  'good',
  'empty',
  'refuses',
  'silent',
  'dead',
];

function optionsOf(draw: Draw, hasSilence: boolean): readonly string[] {
  const options = draw.chance(70) ? [`ndots:${draw.below(6)}`] : [];
  options.push(`timeout:1`);
  if (hasSilence || draw.chance(40)) options.push(`attempts:${hasSilence ? 1 : 1 + draw.below(3)}`);
  for (const option of [
    'rotate',
    'single-request',
    'single-request-reopen',
    'edns0',
    'trust-ad',
    'no-aaaa',
    'no-tld-query',
  ])
    if (draw.chance(9)) options.push(option);
  // A connection to silence is given up by the kernel alone, after two minutes.
  if (!hasSilence && draw.chance(7)) options.push('use-vc');
  return options;
}

function resolvConfOf(draw: Draw, servers: readonly Server[]): string {
  const used = draw.some(servers, 1 + draw.below(servers.length));
  const hasSilence = used.some(({ kind }) => kind === 'silent');
  const search = draw.some(DOMAINS, draw.below(hasSilence ? 3 : 4));
  const lines = used.map(({ address }) => `nameserver ${address}`);
  if (search.length > 0) lines.push(`search ${search.join(' ')}`);
  lines.push(`options ${optionsOf(draw, hasSilence).join(' ')}`);
  return `${lines.join('\n')}\n`;
}

function lookUpOf(draw: Draw, servers: readonly Server[]): LookUp {
  const name = draw.one(NAMES);
  const isAddress = /^[\d.]+$|:/.test(name);
  return {
    database: isAddress
      ? 'hosts'
      : draw.one(['hosts', 'hosts', 'ahosts', 'ahosts', 'ahosts', 'ahostsv4', 'ahostsv6']),
    name: !isAddress && draw.chance(12) ? `${name}.` : name,
    resolvConf: resolvConfOf(draw, servers),
  };
}

/** `count` look-ups at least, the same ones for the same seed. */
export function generateWorlds(seed: string, count: number): readonly World[] {
  const draw = new Draw(seed);
  return Array.from({ length: Math.ceil(count / LOOKUPS_A_WORLD) }, () => {
    const servers = ADDRESSES.map((address): Server => {
      const kind = draw.one(KINDS);
      return { address, kind, config: configOf(kind, address) };
    });
    return {
      servers,
      hosts: HOSTS,
      ipv6: draw.chance(75) ? 'on' : 'off',
      lookUps: Array.from({ length: LOOKUPS_A_WORLD }, () => lookUpOf(draw, servers)),
    } as const;
  });
}
