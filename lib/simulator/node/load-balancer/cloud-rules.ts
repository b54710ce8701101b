import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ServicePort } from '../../api/core/service.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { Match, Rule, Ruleset } from '../../linux/netfilter/rule.ts';
import {
  appendRule,
  deleteChain,
  indexOfRule,
  replaceChain,
} from '../../linux/netfilter/ruleset.ts';
import type { BalancedService } from './balanced-service.ts';

const SERVICES_CHAIN = 'LB-SERVICES';
const PREFIX = 'LB-';

/** A Service with the addresses of the nodes that passed its health checks. */
export interface HealthyService extends BalancedService {
  readonly healthy: readonly string[];
}

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;

const protocolOf = ({ protocol = 'TCP' }: ServicePort) => PROTOCOLS[protocol];

const reasonOf = ({ service }: BalancedService): ObjectRef => ({
  kind: 'Service',
  name: service.metadata.name,
  namespace: service.metadata.namespace ?? '',
});

function chainOfPort({ service }: BalancedService, port: ServicePort): string {
  const text = `${service.metadata.namespace ?? ''}/${service.metadata.name}:${port.port}/${protocolOf(port)}`;
  return `${PREFIX}${bytesToHex(sha256(utf8ToBytes(text)))
    .slice(0, 16)
    .toUpperCase()}`;
}

/** One node port after the other, each with an equal share, as kube-proxy spreads endpoints. */
function spread(service: HealthyService, port: ServicePort): Rule[] {
  const protocol = protocolOf(port);
  const { healthy } = service;
  return healthy.map((node, index): Rule => {
    const left = healthy.length - index;
    const share: Match[] = left > 1 ? [{ match: 'statistic', probability: 1 / left }] : [];
    return {
      matches: [{ match: 'protocol', protocol }, ...share],
      target: { target: 'DNAT', to: `${node}:${port.nodePort ?? port.port}` },
      because: reasonOf(service),
    };
  });
}

/** What leads to a port's chain: from everywhere, or from the ranges that the Service lets in. */
function entries(service: HealthyService, port: ServicePort): Rule[] {
  const protocol = protocolOf(port);
  const ranges = service.service.spec.loadBalancerSourceRanges ?? [];
  const sources: Match[][] =
    ranges.length === 0 ? [[]] : ranges.map((cidr) => [{ match: 'source', cidr }]);
  return sources.map((source) => ({
    matches: [
      ...source,
      { match: 'destination', cidr: `${service.address}/32` },
      { match: 'protocol', protocol },
      { match: 'transport', module: protocol, destination: [port.port, port.port] },
    ],
    target: { target: 'JUMP', chain: chainOfPort(service, port) },
    because: reasonOf(service),
  }));
}

/** Who is not in the ranges is not answered. */
const closed = (service: HealthyService): Rule[] =>
  (service.service.spec.loadBalancerSourceRanges ?? []).length === 0
    ? []
    : [
        {
          matches: [{ match: 'destination', cidr: `${service.address}/32` }],
          target: { target: 'DROP' },
          because: reasonOf(service),
        },
      ];

function ensureOnce(ruleset: Ruleset, table: 'nat' | 'filter', chain: string, rule: Rule): void {
  if (indexOfRule(ruleset, table, chain, rule) < 0) appendRule(ruleset, table, chain, rule);
}

/**
 * Writes a cloud load balancer's rules: a connection to an address and port of a Service goes on to a node port of a healthy
 * node, with the balancer's own address as its source, so that the answer comes back the same way.
 */
export function writeCloudRules(ruleset: Ruleset, services: readonly HealthyService[]): void {
  const ports = services.flatMap(
    (service) => service.service.spec.ports?.map((port) => ({ service, port })) ?? [],
  );
  const wanted = new Set(ports.map(({ service, port }) => chainOfPort(service, port)));
  for (const { service, port } of ports) {
    replaceChain(ruleset, 'nat', chainOfPort(service, port), spread(service, port));
  }
  replaceChain(
    ruleset,
    'nat',
    SERVICES_CHAIN,
    ports.flatMap(({ service, port }) => entries(service, port)),
  );
  replaceChain(ruleset, 'filter', SERVICES_CHAIN, services.flatMap(closed));
  for (const chain of Object.keys(ruleset.tables.nat?.chains ?? {})) {
    if (!chain.startsWith(PREFIX) || chain === SERVICES_CHAIN || wanted.has(chain)) continue;
    replaceChain(ruleset, 'nat', chain, []);
    deleteChain(ruleset, 'nat', chain);
  }
  const jump: Rule = { matches: [], target: { target: 'JUMP', chain: SERVICES_CHAIN } };
  ensureOnce(ruleset, 'nat', 'PREROUTING', jump);
  ensureOnce(ruleset, 'filter', 'INPUT', jump);
  ensureOnce(ruleset, 'nat', 'POSTROUTING', {
    matches: [{ match: 'conntrack-state', states: ['DNAT'] }],
    target: { target: 'MASQUERADE' },
  });
}
