import type { IpVersion } from '../../../base/ip.ts';
import type { NftBase, NftExpression, NftRuleBody } from '../../../linux/netfilter/nft/model.ts';
import type { NftStatement } from '../../../linux/netfilter/nft/statement.ts';
import { isIn, isOneOf, payload, rule, verdict, vmap } from '../../kube-proxy/nftables/words.ts';
import type { DesiredChain } from './desired-table.ts';
import { LOOPBACK_SET, podsMap } from './names.ts';
import { familyOf } from './policy-rules.ts';

/** Egress is asked before ingress, and both before kube-proxy's own chains: what one accepts goes on to the next. */
const BASES: Readonly<Record<'egress' | 'egress-to-node' | 'ingress', NftBase>> = {
  egress: { type: 'filter', hook: 'FORWARD', priority: -10 },
  'egress-to-node': { type: 'filter', hook: 'INPUT', priority: -10 },
  ingress: { type: 'filter', hook: 'FORWARD', priority: -5 },
};

const ESTABLISHED: NftStatement = {
  statement: 'match',
  left: { expression: 'ct', key: 'state' },
  operator: '==',
  right: { right: 'flags', values: ['established', 'related'] },
};

const ACCEPT = verdict({ verdict: 'accept' });

/** Packets of connections that were admitted once; what keeps a link going. */
const alwaysAccepted = (version: IpVersion): NftRuleBody[] => [
  rule([ESTABLISHED, ACCEPT]),
  ...(version === 4
    ? []
    : [
        // Pods of one bridge ask for one another's MACs, and a bridge shows such packets to netfilter.
        rule([
          isOneOf({ expression: 'payload', protocol: 'icmpv6', field: 'type' }, '==', [
            'nd-neighbor-solicit',
            'nd-neighbor-advert',
          ]),
          ACCEPT,
        ]),
      ]),
];

const bothAddresses = (version: IpVersion): NftExpression => ({
  expression: 'concat',
  parts: [payload(familyOf(version), 'saddr'), payload(familyOf(version), 'daddr')],
});

/** Where packets enter: what is of a known connection passes, the rest is led to the chain of its pod. */
export function baseChain(name: keyof typeof BASES, version: IpVersion): DesiredChain {
  const direction = name === 'ingress' ? 'ingress' : 'egress';
  const end = payload(familyOf(version), direction === 'ingress' ? 'daddr' : 'saddr');
  const loopback = rule([isIn(bothAddresses(version), LOOPBACK_SET), ACCEPT], {
    comment: 'a pod and itself',
  });
  return {
    base: BASES[name],
    rules: [
      ...alwaysAccepted(version),
      ...(name === 'egress-to-node' ? [] : [loopback]),
      rule([vmap(end, podsMap(direction))]),
    ],
  };
}
