import { ipVersion } from '../../../base/ip.ts';
import { isBuiltInChain } from '../ruleset.ts';
import type { NetfilterTable, RejectWith, Target } from '../rule.ts';
import { parseNatTo } from '../target/nat-range.ts';
import { parsePort } from './match-modules.ts';
import { parseMark, type TargetParser } from './module-parser.ts';
import { createMoreTargets } from './more-targets.ts';
import { accept, refuse, type Parsed } from './problem.ts';

const fixed = (target: Target): TargetParser => ({
  options: {},
  take: () => undefined,
  finish: () => accept(target),
});

const REJECT_TYPES: Readonly<Record<string, RejectWith>> = {
  'icmp-port-unreachable': 'icmp-port-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'icmp-host-unreachable': 'icmp-host-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'icmp-admin-prohibited': 'icmp-admin-prohibited',
  'admin-prohib': 'icmp-admin-prohibited',
  'icmp-net-unreachable': 'icmp-net-unreachable',
  'net-unreach': 'icmp-net-unreachable',
  'icmp-proto-unreachable': 'icmp-proto-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'tcp-reset': 'tcp-reset',
  'tcp-rst': 'tcp-reset',
};

const REJECT_TYPES_6: Readonly<Record<string, RejectWith>> = {
  'icmp6-no-route': 'icmp6-no-route',
  'no-route': 'icmp6-no-route',
  'icmp6-adm-prohibited': 'icmp6-adm-prohibited',
  'adm-prohibited': 'icmp6-adm-prohibited',
  'icmp6-addr-unreachable': 'icmp6-addr-unreachable',
  'addr-unreach': 'icmp6-addr-unreachable',
  'icmp6-port-unreachable': 'icmp6-port-unreachable',
  'port-unreach': 'icmp6-port-unreachable',
  'tcp-reset': 'tcp-reset',
};

function rejectTarget(family: 4 | 6): TargetParser {
  const types = family === 6 ? REJECT_TYPES_6 : REJECT_TYPES;
  let type: RejectWith = family === 6 ? 'icmp6-port-unreachable' : 'icmp-port-unreachable';
  return {
    options: { '--reject-with': 'value' },
    take({ value }) {
      const named = types[value];
      if (!named) return refuse(`unknown reject type "${value}"`);
      type = named;
      return undefined;
    },
    finish: () => accept({ target: 'REJECT', with: type }),
  };
}

const WITH_PORTS = ['tcp', 'udp', 'sctp', 'dccp'];

function natTarget(
  name: 'DNAT' | 'SNAT',
  option: '--to-destination' | '--to-source',
): TargetParser {
  let to: string | undefined;
  let randomFully = false;
  return {
    options: { [option]: 'value', '--random-fully': 'flag' },
    take({ option: used, value }) {
      if (used === '--random-fully') {
        randomFully = true;
        return undefined;
      }
      const range = parseNatTo(value);
      if (!range || ipVersion(range.address) === undefined)
        return refuse(`Bad IP address "${range?.address ?? value}"`);
      to = value;
      return undefined;
    },
    finish({ protocol = '' }) {
      if (to === undefined) return refuse(`${name}: option "${option}" must be specified\n`);
      if (parseNatTo(to)?.ports && !WITH_PORTS.includes(protocol))
        return refuse('Need TCP, UDP, SCTP or DCCP with port specification');
      return accept(
        name === 'SNAT' && randomFully ? { target: name, to, randomFully } : { target: name, to },
      );
    },
  };
}

/** `8080`, `1024-31000`: the ports of MASQUERADE and REDIRECT (libxt_NAT.c). */
function parseNatPorts(text: string): Parsed<readonly [number, number]> {
  const [from = '', to = from] = text.split('-');
  const first = parsePort(from);
  if (first === undefined) return refuse(`Port \`${text}' not valid`);
  const last = parsePort(to);
  return last === undefined || last < first
    ? refuse(`Port range \`${to}' funky`)
    : accept([first, last]);
}

interface NatPorts {
  ports?: readonly [number, number];
  random?: true;
  randomFully?: true;
}

function natPortsTarget(name: 'MASQUERADE' | 'REDIRECT'): TargetParser {
  const found: NatPorts = {};
  return {
    options: {
      '--to-ports': 'value',
      '--random': 'flag',
      ...(name === 'MASQUERADE' && { '--random-fully': 'flag' as const }),
    },
    take({ option, value }) {
      if (option === '--random') found.random = true;
      else if (option === '--random-fully') found.randomFully = true;
      else {
        const ports = parseNatPorts(value);
        if (!ports.ok) return ports;
        found.ports = ports.value;
      }
      return undefined;
    },
    finish({ protocol = '' }) {
      const { ports, ...rest } = found;
      if (ports && !WITH_PORTS.includes(protocol))
        return refuse('Need TCP, UDP, SCTP or DCCP with port specification');
      if (name === 'MASQUERADE') return accept({ target: name, ...found });
      const [first, last] = ports ?? [];
      return accept({
        target: name,
        ...(first !== undefined && { port: first }),
        ...(last !== first && last !== undefined && { lastPort: last }),
        ...rest,
      });
    },
  };
}

const MARK_OPERATIONS = {
  '--set-xmark': 'set',
  '--set-mark': 'set',
  '--or-mark': 'or',
  '--and-mark': 'and',
  '--xor-mark': 'xor',
} as const;

function markTarget(): TargetParser {
  let target: Target | undefined;
  return {
    options: Object.fromEntries(Object.keys(MARK_OPERATIONS).map((option) => [option, 'value'])),
    take({ option, value }) {
      const mark = parseMark(value);
      if (!mark)
        return refuse(`MARK: bad integer value for option "${option}", or out of range.\n`);
      const operation = MARK_OPERATIONS[option as keyof typeof MARK_OPERATIONS];
      // --set-mark clears the bits of value and mask, --set-xmark those of the mask (libxt_MARK).
      const mask = option === '--set-mark' ? (mark.value | mark.mask) >>> 0 : mark.mask;
      target =
        operation === 'set'
          ? { target: 'MARK', operation, value: mark.value, mask }
          : { target: 'MARK', operation, value: mark.value };
      return undefined;
    },
    finish: () =>
      target
        ? accept(target)
        : refuse('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'),
  };
}

/** A parser for `-j name`. `chains` are the user chains that exist; built-in chains are no targets. */
// eslint-disable-next-line complexity -- one line a kind.
export function createTargetParser(
  name: string,
  table: NetfilterTable,
  chains: readonly string[],
  family: 4 | 6 = 4,
): Parsed<TargetParser> {
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return accept(fixed({ target: name }));
    case 'REJECT':
      return accept(rejectTarget(family));
    case 'DNAT':
      return accept(natTarget('DNAT', '--to-destination'));
    case 'SNAT':
      return accept(natTarget('SNAT', '--to-source'));
    case 'MASQUERADE':
      return accept(natPortsTarget(name));
    case 'REDIRECT':
      return accept(natPortsTarget(name));
    case 'MARK':
      return accept(markTarget());
    case 'NOTRACK':
      return accept(fixed({ target: 'NOTRACK' }));
    case 'CT':
      return accept({
        ...fixed({ target: 'NOTRACK', writtenAs: 'CT' }),
        options: { '--notrack': 'flag' },
      });
    default: {
      const more = createMoreTargets(name);
      if (more) return accept(more);
      return chains.includes(name) && !isBuiltInChain(table, name)
        ? accept(fixed({ target: 'JUMP', chain: name }))
        : refuse(`Chain '${name}' does not exist`);
    }
  }
}
