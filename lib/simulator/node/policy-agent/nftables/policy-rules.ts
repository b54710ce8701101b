import type { ObjectRef } from '../../../base/object-ref.ts';
import { formatObjectRef } from '../../../base/object-ref.ts';
import type { IpVersion } from '../../../base/ip.ts';
import type { NftExpression } from '../../../linux/netfilter/nft/expression.ts';
import type { NftRuleBody } from '../../../linux/netfilter/nft/model.ts';
import type { NftStatement, NftVerdict } from '../../../linux/netfilter/nft/statement.ts';
import type { Direction, RuleAction } from '../../../policy/normal-policy.ts';
import {
  addressProtocolAndPort,
  drop,
  is,
  isIn,
  isProtocol,
  payload,
  rule,
  verdict,
} from '../../kube-proxy/nftables/words.ts';
import { mayHoldFamily } from '../address-set.ts';
import type { PlannedPolicy, PlannedPort, PlannedRule } from '../rule-plan.ts';
import { setName } from './names.ts';

export const familyOf = (version: IpVersion) => (version === 4 ? 'IPv4' : 'IPv6');

const COUNTER: NftStatement = { statement: 'counter' };
const ACCEPT: NftVerdict = { verdict: 'accept' };
const RETURN: NftVerdict = { verdict: 'return' };

/** libnftnl keeps so many bytes of a comment (NFTNL_UDATA_COMMENT_MAXLEN). */
const LONGEST_COMMENT = 128;

export const shortComment = (text: string) =>
  text.length >= LONGEST_COMMENT ? `${text.slice(0, LONGEST_COMMENT - 4)}...` : text;

/** `NetworkPolicy shop/allow-web .spec.ingress[0].from[1]`. */
const commentOf = (because: ObjectRef) =>
  shortComment([formatObjectRef(because), because.detail].filter(Boolean).join(' '));

/** A rule that counts, and says on whose behalf it decides. */
export const deciding = (
  matches: readonly (NftStatement | undefined)[],
  decision: NftVerdict,
  because: ObjectRef,
  comment = commentOf(because),
): NftRuleBody => rule([...matches, COUNTER, verdict(decision)], { comment, because });

function portMatch(port: PlannedPort | undefined, version: IpVersion): NftStatement | undefined {
  if (!port) return undefined;
  if (port.port === 'named')
    return isIn(addressProtocolAndPort(familyOf(version)), setName(port.targets));
  const protocol = port.protocol === 'TCP' ? 'tcp' : port.protocol === 'UDP' ? 'udp' : 'sctp';
  const { first, last } = port;
  if (first === 1 && last === 65_535) return isProtocol(protocol);
  const field: NftExpression = { expression: 'payload', protocol, field: 'dport' };
  return is(field, first === last ? String(first) : `${first}-${last}`);
}

/** What becomes of a match. To pass on is to leave the chain of the tier. */
function decisionOf(action: RuleAction): NftVerdict {
  switch (action) {
    case 'accept':
      return ACCEPT;
    case 'deny':
      return drop;
    case 'pass':
      return RETURN;
  }
}

function printRule(
  { action, peer, port, because }: PlannedRule,
  direction: Direction,
  version: IpVersion,
): NftRuleBody | undefined {
  // Networks of the other family alone match nothing here.
  if (peer && !mayHoldFamily(peer, version)) return undefined;
  const otherEnd = payload(familyOf(version), direction === 'ingress' ? 'saddr' : 'daddr');
  const matches = [peer && isIn(otherEnd, setName(peer)), portMatch(port, version)];
  return deciding(matches, decisionOf(action), because);
}

type Printed = Partial<Record<IpVersion, readonly NftRuleBody[]>>;

/** A planned policy never changes, and many nodes print it: all of them share its rules. */
const printed = new WeakMap<PlannedPolicy, Printed>();

/** The rules of one policy for one direction of the pods that it selects, in a family of addresses. */
export function policyRules(policy: PlannedPolicy, version: IpVersion): readonly NftRuleBody[] {
  const known = printed.get(policy) ?? {};
  printed.set(policy, known);
  return (known[version] ??= policy.rules.flatMap(
    (each) => printRule(each, policy.direction, version) ?? [],
  ));
}
