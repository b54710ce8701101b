import { parseCidr } from '../../../base/cidr.ts';
import { protocolName } from '../match/header.ts';
import { normalizeRule } from '../normalize-rule.ts';
import type { Match, NetfilterTable, Rule, Target } from '../rule.ts';
import { createModuleParser } from './match-modules.ts';
import type { ModuleParser, TargetParser } from './module-parser.ts';
import { accept, refuse, type Parsed } from './problem.ts';
import { createTargetParser } from './targets.ts';

/** What the rule will stand among: targets may be chains. */
export interface RuleSurroundings {
  readonly table: NetfilterTable;
  readonly chains: readonly string[];
  /** 6 for ip6tables. */
  readonly family?: 4 | 6;
  /** The chain itself: a built-in one knows no device that its packets do not have yet, or no more. */
  readonly chain?: string;
  /** Names of the sets (ipset) that there are; absent: nobody looks. */
  readonly sets?: readonly string[];
}

/** Devices that packets of a built-in chain do not have. */
const WITHOUT_DEVICE: Readonly<Record<string, Match['match']>> = {
  PREROUTING: 'out-interface',
  INPUT: 'out-interface',
  OUTPUT: 'in-interface',
  POSTROUTING: 'in-interface',
};

const HEADER_OPTIONS: Readonly<Record<string, Match['match']>> = {
  '-s': 'source',
  '--source': 'source',
  '--src': 'source',
  '-d': 'destination',
  '--destination': 'destination',
  '--dst': 'destination',
  '-i': 'in-interface',
  '--in-interface': 'in-interface',
  '-o': 'out-interface',
  '--out-interface': 'out-interface',
  '-p': 'protocol',
  '--protocol': 'protocol',
  '--proto': 'protocol',
};

/** The longest name of a device, without the closing zero (IFNAMSIZ - 1). */
const LONGEST_NAME = 15;

/** `10.0.0.0/255.255.255.0` as `10.0.0.0/24`. */
function withPrefix(text: string): string {
  const [host = '', mask = ''] = text.split('/');
  if (!mask.includes('.')) return text;
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? `${host}/${bits.lastIndexOf('1') + 1}` : text;
}

function parseHeader(kind: string, value: string, not: boolean): Parsed<Match> {
  const negation = not ? { not: true as const } : {};
  if (kind === 'source' || kind === 'destination') {
    const cidr = withPrefix(value);
    if (parseCidr(cidr)) return accept({ match: kind, cidr, ...negation });
    const [host = '', mask] = value.split('/');
    return mask !== undefined && parseCidr(host)
      ? refuse(`invalid mask \`${mask}' specified`)
      : refuse(`host/network \`${value}' not found`);
  }
  if (kind === 'in-interface' || kind === 'out-interface') {
    return value.length <= LONGEST_NAME
      ? accept({ match: kind, name: value, ...negation })
      : refuse(`interface name \`${value}' must be shorter than IFNAMSIZ (15)`);
  }
  const protocol = protocolName(value);
  return protocol === undefined
    ? refuse(`unknown protocol "${value}" specified`)
    : accept({ match: 'protocol', protocol, ...negation });
}

const HAS_PORTS: readonly string[] = ['tcp', 'udp', 'udplite', 'sctp', 'dccp'];

/** Words of a rule being read: what was understood so far. */
class RuleReader {
  private readonly headers: Match[] = [];
  private readonly modules: { name: string; parser: ModuleParser }[] = [];
  private target: TargetParser | undefined;
  private protocol: string | undefined;
  private position = 0;

  constructor(
    private readonly words: readonly string[],
    private readonly surroundings: RuleSurroundings,
  ) {}

  read(): Parsed<Rule> {
    let not = false;
    for (
      let word = this.words[this.position++];
      word !== undefined;
      word = this.words[this.position++]
    ) {
      if (word === '!') {
        not = true;
        continue;
      }
      const problem = this.readOption(word, not);
      if (problem) return problem;
      not = false;
    }
    return this.finish();
  }

  private value(option: string): Parsed<string> {
    const value = this.words[this.position++];
    return value === undefined ? refuse(`option "${option}" requires an argument`) : accept(value);
  }

  private readOption(option: string, not: boolean): Parsed<never> | undefined {
    if (option === '-m' || option === '--match') return this.loadModule(option);
    if (option === '-j' || option === '--jump') return this.loadTarget(option);
    if (option === '-g' || option === '--goto') return this.loadGoto(option);
    const header = HEADER_OPTIONS[option];
    if (header) return this.readHeader(header, option, not);
    return this.readModuleOption(option, not);
  }

  private readHeader(kind: string, option: string, not: boolean): Parsed<never> | undefined {
    const value = this.value(option);
    if (!value.ok) return value;
    const match = parseHeader(kind, value.value, not);
    if (!match.ok) return match;
    if (match.value.match === 'protocol') {
      this.protocol = match.value.protocol;
      // `-p all` compares nothing.
      if (this.protocol === 'all') return undefined;
    }
    this.headers.push(match.value);
    return undefined;
  }

  private loadModule(option: string): Parsed<never> | undefined {
    const name = this.value(option);
    if (!name.ok) return name;
    const parser = createModuleParser(name.value);
    if (!parser) return refuse(`Couldn't load match \`${name.value}':No such file or directory\n`);
    this.modules.push({ name: name.value, parser });
    return undefined;
  }

  private loadTarget(option: string): Parsed<never> | undefined {
    const name = this.value(option);
    if (!name.ok) return name;
    const parser = createTargetParser(
      name.value,
      this.surroundings.table,
      this.surroundings.chains,
      this.surroundings.family,
    );
    if (!parser.ok) return parser;
    this.target = parser.value;
    return undefined;
  }

  private loadGoto(option: string): Parsed<never> | undefined {
    const name = this.value(option);
    if (!name.ok) return name;
    const { chains } = this.surroundings;
    if (!chains.includes(name.value)) return refuse(`goto '${name.value}' is not a chain\n`);
    const target: Target = { target: 'JUMP', chain: name.value, isGoto: true };
    this.target = { options: {}, take: () => undefined, finish: () => accept(target) };
    return undefined;
  }

  /** The module or target that knows the option; a protocol's module is loaded when its option is met first. */
  private ownerOf(option: string): ModuleParser | TargetParser | undefined {
    const owners = [this.target, ...this.modules.map(({ parser }) => parser).reverse()];
    const owner = owners.find((candidate) => candidate?.options[option] !== undefined);
    if (
      owner ||
      this.protocol === undefined ||
      this.modules.some(({ name }) => name === this.protocol)
    )
      return owner;
    const implied = createModuleParser(this.protocol);
    if (implied?.options[option] === undefined) return undefined;
    this.modules.push({ name: this.protocol, parser: implied });
    return implied;
  }

  private readModuleOption(option: string, not: boolean): Parsed<never> | undefined {
    const whole = this.wholeOption(option);
    const owner = this.ownerOf(whole);
    if (!owner)
      return option.startsWith('-')
        ? refuse(`unknown option "${option}"`)
        : refuse(`Bad argument \`${option}'`, 'bare');
    return this.takeOption(owner, whole, not);
  }

  /** getopt_long(3) takes the beginning of a name for all of it, when there is no other that begins so. */
  private wholeOption(option: string): string {
    if (!option.startsWith('--')) return option;
    const implied = this.protocol === undefined ? undefined : createModuleParser(this.protocol);
    const owners = [this.target, implied, ...this.modules.map(({ parser }) => parser)];
    const known = new Set(owners.flatMap((owner) => Object.keys(owner?.options ?? {})));
    if (known.has(option)) return option;
    const meant = [...known].filter((name) => name.startsWith(option));
    return meant.length === 1 ? (meant[0] ?? option) : option;
  }

  private takeOption(
    owner: ModuleParser | TargetParser,
    option: string,
    not: boolean,
  ): Parsed<never> | undefined {
    if (owner.options[option] === 'flag') return owner.take({ option, value: '', not });
    const value = this.value(option);
    if (!value.ok) return value;
    // --tcp-flags has two: the flags that are looked at, and those that must be set.
    const isTwo = option === '--tcp-flags' || owner.options[option] === 'two';
    const second = isTwo ? this.value(option) : undefined;
    if (second && !second.ok) return second;
    return owner.take({
      option,
      value: second ? `${value.value} ${second.value}` : value.value,
      not,
    });
  }

  /** What is wrong with the matches taken together. */
  private problemOf(matches: readonly Match[]): Parsed<never> | undefined {
    const { chain = '', sets } = this.surroundings;
    for (const match of matches) {
      if (match.match === 'multiport' && !HAS_PORTS.includes(this.protocol ?? ''))
        return refuse("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
      if (match.match === 'set' && sets && !sets.includes(match.set))
        return refuse(`Set ${match.set} doesn't exist.\n`);
      if (WITHOUT_DEVICE[chain] === match.match)
        return refuse(`Can't use ${match.match === 'in-interface' ? '-i' : '-o'} with ${chain}\n`);
    }
    return undefined;
  }

  private finish(): Parsed<Rule> {
    const matches: Match[] = [...this.headers];
    for (const { parser } of this.modules) {
      const match = parser.finish();
      if (!match.ok) return match;
      matches.push(match.value);
    }
    const problem = this.problemOf(matches);
    if (problem) return problem;
    const target: Parsed<Target> =
      this.target?.finish({ protocol: this.protocol }) ?? accept({ target: 'NONE' });
    return target.ok ? accept(normalizeRule({ matches, target: target.value })) : target;
  }
}

/** Reads the part of a rule behind the chain: `-d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT`, as words. */
export function parseRule(words: readonly string[], surroundings: RuleSurroundings): Parsed<Rule> {
  return new RuleReader(words, surroundings).read();
}
