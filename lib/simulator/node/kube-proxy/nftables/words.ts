import type {
  NftBase,
  NftElementBody,
  NftExpression,
  NftRuleBody,
  NftSetBody,
  NftStatement,
  NftVerdict,
} from '../../../linux/netfilter/nft/model.ts';
import type { ObjectRef } from '../../../base/object-ref.ts';
import type { IpFamily, PodDetector } from '../proxy-config.ts';

/** What kube-proxy says in its table, as data. */

export interface ProxyChain {
  readonly base?: NftBase;
  readonly comment?: string;
  readonly rules: NftRuleBody[];
}

export interface ProxySet {
  readonly body: NftSetBody;
  /** By key. */
  readonly elements: Map<string, NftElementBody>;
  /** The keys that are spoken of; absent: all there may be. */
  readonly keys?: ReadonlySet<string>;
}

/** Chains, sets and maps of a table, by name. */
export interface ProxyTable {
  readonly chains: Map<string, ProxyChain>;
  readonly sets: Map<string, ProxySet>;
}

export const payload = (
  family: IpFamily,
  field: 'saddr' | 'daddr',
): Extract<NftExpression, { expression: 'payload' }> =>
  family === 'IPv4'
    ? { expression: 'payload', protocol: 'ip', field }
    : { expression: 'payload', protocol: 'ip6', field };

const l4proto: NftExpression = { expression: 'meta', key: 'l4proto' };
const dport: NftExpression = { expression: 'payload', protocol: 'th', field: 'dport' };

/** `meta l4proto . th dport`. */
export const protocolAndPort: NftExpression = { expression: 'concat', parts: [l4proto, dport] };

/** `ip daddr . meta l4proto . th dport`. */
export const addressProtocolAndPort = (family: IpFamily): NftExpression => ({
  expression: 'concat',
  parts: [payload(family, 'daddr'), l4proto, dport],
});

export const is = (left: NftExpression, value: string): NftStatement => ({
  statement: 'match',
  left,
  operator: '==',
  right: { right: 'value', value },
});

export const isNot = (left: NftExpression, value: string): NftStatement => ({
  statement: 'match',
  left,
  operator: '!=',
  right: { right: 'value', value },
});

export const isIn = (left: NftExpression, set: string): NftStatement => ({
  statement: 'match',
  left,
  operator: '==',
  right: { right: 'set', name: set },
});

export const isOneOf = (
  left: NftExpression,
  operator: '==' | '!=',
  elements: readonly string[],
): NftStatement => ({
  statement: 'match',
  left,
  operator,
  right: { right: 'anonymous', elements },
});

export const isProtocol = (protocol: string) => is(l4proto, protocol);

export const isNew: NftStatement = {
  statement: 'match',
  left: { expression: 'ct', key: 'state' },
  operator: '==',
  right: { right: 'flags', values: ['new'] },
};

/** `fib daddr type local`. */
export const isLocal = (side: 'saddr' | 'daddr'): NftStatement =>
  is({ expression: 'fib', keys: [side], result: 'type' }, 'local');

/** Whether a packet comes from a pod, or does not, as far as kube-proxy can tell (IfLocalNFT, IfNotLocalNFT). */
export function comesFromPods(
  pods: PodDetector,
  from: 'pods' | 'elsewhere',
  family: IpFamily,
): NftStatement {
  const compare = from === 'pods' ? is : isNot;
  const device: NftExpression = { expression: 'meta', key: 'iifname' };
  switch (pods.by) {
    case 'source':
      return compare(payload(family, 'saddr'), pods.cidr);
    case 'bridge':
      return compare(device, pods.name);
    case 'interface-prefix':
      return compare(device, `${pods.prefix}*`);
  }
}

export const verdict = (of: NftVerdict): NftStatement => ({ statement: 'verdict', verdict: of });
export const jump = (chain: string) => verdict({ verdict: 'jump', chain });
export const goto = (chain: string): NftVerdict => ({ verdict: 'goto', chain });
export const drop: NftVerdict = { verdict: 'drop' };

/** `vmap @service-ips`. */
export const vmap = (key: NftExpression, name: string): NftStatement => ({
  statement: 'vmap',
  key,
  map: { map: 'named', name },
});

export const rule = (
  statements: readonly (NftStatement | undefined)[],
  about: { readonly comment?: string; readonly because?: ObjectRef } = {},
): NftRuleBody => ({
  statements: statements.filter((statement) => statement !== undefined),
  ...about,
});
