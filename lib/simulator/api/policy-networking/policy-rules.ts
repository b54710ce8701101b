import { parseCidr } from '../../base/cidr.ts';
import type { KnownRules, ObjectRule } from '../apiextensions/check-rules.ts';

type EgressRule = Readonly<
  Record<string, readonly Readonly<Record<string, unknown>>[] | undefined>
>;

/** A rule for peers that have no named ports: `ports` the field that narrows to ports, `name` its field for a port name. */
const noNamedPorts = (peers: readonly string[], ports: string, name: string): ObjectRule => {
  const item = ports.slice(0, -1);
  const kinds = peers.join('/');
  return {
    rule: `!(self.to.exists(peer, ${peers.map((peer) => `has(peer.${peer})`).join(' || ')}) && has(self.${ports}) && self.${ports}.exists(${item}, has(${item}.${name})))`,
    message: `${kinds} peer cannot be set with namedPorts since there are no namedPorts for ${kinds}`,
  };
};

const has = (list: EgressRule[string], fields: readonly string[]) =>
  list?.some((item) => fields.some((field) => item[field] !== undefined)) ?? false;

const OUTSIDE = ['networks', 'nodes', 'domainNames'];

export const BASELINE_PORTS = noNamedPorts(['networks', 'nodes'], 'ports', 'namedPort');
export const ADMIN_PORTS = noNamedPorts(OUTSIDE, 'ports', 'namedPort');
export const CLUSTER_PORTS = noNamedPorts(OUTSIDE, 'protocols', 'destinationNamedPort');

export const ONLY_DEFAULT: ObjectRule = {
  rule: "self.metadata.name == 'default'",
  message:
    'Only one baseline admin network policy with metadata.name="default" can be created in the cluster',
};

export const EITHER_FAMILY: ObjectRule = {
  rule: "self.contains(':') != self.contains('.')",
  message:
    'CIDR must be either an IPv4 or IPv6 address. IPv4 address embedded in IPv6 addresses are not supported',
};

export const IS_CIDR: ObjectRule = {
  rule: 'isCIDR(self)',
  message: 'Invalid CIDR format provided',
};

export const RISING: ObjectRule = {
  rule: 'self.start < self.end',
  message: 'Start port must be less than End port',
};

const isOneFamily = (text: string) => text.includes(':') !== text.includes('.');

const namesPort = ({ to, ports, protocols }: EgressRule) =>
  has(to, OUTSIDE) && (has(ports, ['namedPort']) || has(protocols, ['destinationNamedPort']));

/** What the rules of the policy kinds mean. */
export const POLICY_RULES: KnownRules = {
  [BASELINE_PORTS.rule]: (self: EgressRule) => !namesPort(self),
  [ADMIN_PORTS.rule]: (self: EgressRule) => !namesPort(self),
  [CLUSTER_PORTS.rule]: (self: EgressRule) => !namesPort(self),
  [ONLY_DEFAULT.rule]: ({ metadata }: { metadata: { name: string } }) =>
    metadata.name === 'default',
  [EITHER_FAMILY.rule]: isOneFamily,
  // Go's netip.ParsePrefix: with a length, and no IPv4 address inside an IPv6 one.
  [IS_CIDR.rule]: (self: string) =>
    self.includes('/') && isOneFamily(self) && parseCidr(self) !== undefined,
  [RISING.rule]: ({ start, end }: { start: number; end: number }) => start < end,
};
