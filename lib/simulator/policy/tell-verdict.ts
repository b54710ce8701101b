import type { PolicyRef } from './normal-policy.ts';
import type { PolicyProtocol } from './policy-protocol.ts';
import type {
  DirectionVerdict,
  PolicyFinding,
  PolicyOutcome,
  RuleMiss,
  Verdict,
} from './verdict.ts';

/** A connection as people speak of it: `shop/web`, `node-a` or an address at either end. */
export interface NamedConnection {
  readonly from: string;
  readonly to: string;
  readonly protocol: PolicyProtocol;
  /** Destination port. */
  readonly port: number;
}

const code = (text: string) => `\`${text}\``;

/** `shop/db` of a NetworkPolicy, `default` of a cluster's. */
export const nameOfPolicy = ({ namespace, name }: PolicyRef): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

const listOf = (items: readonly string[]) =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

const called = ({ policy }: PolicyFinding) => `${policy.kind} ${code(nameOfPolicy(policy))}`;

/** Where it says so: the peer or the port, which lead to the rule, or the rule itself. */
function placeOf({ rule, peer, port }: PolicyFinding): string {
  const places = [peer, port].flatMap((place) => (place ? [code(place.path)] : []));
  const where = places.length > 0 ? listOf(places) : code(rule?.path ?? '');
  return rule?.name === undefined ? where : `${where} (${rule.name})`;
}

const MISSES: Readonly<Record<RuleMiss['because'], string>> = {
  'no-peer': 'names other peers',
  'no-port': 'names other ports',
};

const missesOf = (findings: readonly PolicyFinding[]) =>
  findings.flatMap(({ misses }) =>
    misses.map(({ rule, because }) => `${code(rule.path)} ${MISSES[because]}`),
  );

function tellNotAdmitted(findings: readonly PolicyFinding[], pod: string, side: string): string {
  const isOne = findings.length === 1;
  const who = isOne
    ? `${findings.map(called).join('')} isolates`
    : `NetworkPolicies ${listOf(findings.map(({ policy }) => code(nameOfPolicy(policy))))} isolate`;
  const misses = missesOf(findings);
  const why =
    misses.length === 0 ? 'has no rule for it' : `admits it by no rule: ${listOf(misses)}`;
  const whose = isOne ? why : why.replace(/^has/, 'have').replace(/^admits/, 'admit');
  return `${who} ${pod} for ${side} and ${whose}`;
}

function tellUndecidable(findings: readonly PolicyFinding[]): string {
  const unknown = findings.filter(({ word }) => word === 'Undecidable');
  if (unknown.length > 0) {
    const places = unknown.map((finding) => `${called(finding)} at ${placeOf(finding)}`);
    return `it depends on domain names whose addresses are not known: ${listOf(places)}`;
  }
  const says = findings.map(
    (finding) => `${called(finding)} says ${finding.word} at ${placeOf(finding)}`,
  );
  return `policies of equal priority disagree, and any of them may be applied: ${listOf(says)}`;
}

function tellDecided({ direction, outcome, policies }: DirectionVerdict, pod: string): string {
  const deciding = policies.filter(({ isDeciding }) => isDeciding);
  if (outcome === 'undecidable') return tellUndecidable(deciding);
  const [first] = deciding;
  if (first?.word === 'Does not admit') return tellNotAdmitted(deciding, pod, direction);
  return listOf(
    deciding.map((finding) =>
      finding.word === 'Admits'
        ? `${called(finding)} admits it at ${placeOf(finding)}`
        : `${called(finding)} says ${finding.word} at ${placeOf(finding)}`,
    ),
  );
}

/** Why one end of a connection comes to its outcome; `own` is that end, `other` the other one. */
function tellWhy(verdict: DirectionVerdict, own: string, other: string): string {
  const [pod, peer] = [code(own), code(other)];
  switch (verdict.decidedBy) {
    case 'admin-tier':
    case 'network-policies':
    case 'baseline-tier':
      return tellDecided(verdict, pod);
    case 'not-isolated':
      return verdict.policies.some(({ word }) => word === 'No match' || word === 'Pass')
        ? `no NetworkPolicy isolates ${pod} for ${verdict.direction}, and no other policy stops it`
        : `no policy isolates ${pod} for ${verdict.direction}, so that everything passes`;
    case 'not-a-pod':
      return `${pod} is not a pod that policies select, so that none is asked`;
    case 'own-node':
      return `${peer} is the node that ${pod} runs on, and NetworkPolicies always let the two talk`;
    case 'loopback':
      return 'a pod always reaches itself';
    case 'not-enforced':
      return `policies select ${pod}, and nobody on its node makes rules of them: everything passes`;
  }
}

const OUTCOMES: Readonly<Record<PolicyOutcome, string>> = {
  admitted: 'admitted',
  'not-admitted': 'not admitted',
  undecidable: 'undecidable',
};

const headline: Readonly<Record<PolicyOutcome, string>> = {
  admitted: 'may reach',
  'not-admitted': 'may not reach',
  undecidable: 'may or may not reach',
};

/** A verdict in sentences of its own for a page that has a heading over each end; code in backticks. */
export interface ToldVerdict {
  /** What comes of the connection. */
  readonly connection: string;
  /** Why so at its source. */
  readonly egress: string;
  /** Why so at its destination. */
  readonly ingress: string;
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** A verdict told in parts: what comes of the connection, then why at its source and at its destination. */
export function tellParts(
  { outcome, egress, ingress }: Verdict,
  { from, to, protocol, port }: NamedConnection,
): ToldVerdict {
  return {
    connection: `${code(from)} ${headline[outcome]} ${code(to)} on ${protocol} port ${String(port)}.`,
    egress: sentence(tellWhy(egress, from, to)),
    ingress: sentence(tellWhy(ingress, to, from)),
  };
}

/**
 * A verdict in plain sentences, code in backticks: what comes of the connection, then why at its source and at its
 * destination.
 */
export function tellVerdict(verdict: Verdict, connection: NamedConnection): string[] {
  const { from, to } = connection;
  const { egress, ingress } = verdict;
  return [
    tellParts(verdict, connection).connection,
    `Egress, ${OUTCOMES[egress.outcome]}: ${tellWhy(egress, from, to)}.`,
    `Ingress, ${OUTCOMES[ingress.outcome]}: ${tellWhy(ingress, to, from)}.`,
  ];
}

const plain = (text: string) => text.replaceAll('`', '');

/** A policy that was asked: its word, its name, where it says so; a star before those that decide. */
function linesOf(finding: PolicyFinding): string[] {
  const { policy, word, rule, peer, port, misses, isDeciding } = finding;
  const places = [rule, peer, port].flatMap((place) => (place ? [place.path] : []));
  const most = places.filter(
    (path) => !places.some((other) => other !== path && other.startsWith(path)),
  );
  const name = rule?.name === undefined ? [] : [`(${rule.name})`];
  const head = `${isDeciding ? '*' : ' '} ${word.padEnd(14)}  ${policy.kind} ${nameOfPolicy(policy)}`;
  return [
    [`  ${head}`, ...most, ...name].join('  '),
    ...misses.map(({ rule: { path }, because }) => `${' '.repeat(20)}${path} ${MISSES[because]}`),
  ];
}

/** Where policies decided they are marked below; otherwise the reason stands in the line itself. */
function sideLines(verdict: DirectionVerdict, own: string, other: string): string[] {
  const { direction, outcome, policies } = verdict;
  const isTold = policies.some(({ isDeciding }) => isDeciding);
  const why = isTold ? '' : `, ${plain(tellWhy(verdict, own, other))}`;
  return [`${direction} of ${own}: ${OUTCOMES[outcome]}${why}`, ...policies.flatMap(linesOf)];
}

/** A verdict as a block of text for a terminal: both ends, and under each every policy that selects it with its word. */
export function printVerdict(verdict: Verdict, connection: NamedConnection): string {
  const { from, to, protocol, port } = connection;
  const lines = [
    `${from} -> ${to} ${protocol} ${String(port)}: ${OUTCOMES[verdict.outcome]}`,
    ...sideLines(verdict.egress, from, to),
    ...sideLines(verdict.ingress, to, from),
  ];
  return `${lines.join('\n')}\n`;
}
