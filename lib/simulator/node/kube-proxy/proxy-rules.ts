import type { ObjectRef } from '../../base/object-ref.ts';
import type { Match, Rule, Target } from '../../linux/netfilter/rule.ts';
import type { PodDetector } from './proxy-config.ts';
import type { WrittenNames } from './proxy-memory.ts';

/** Rules by chain, in the order in which the chains were begun. The matches are in the order kube-proxy writes them. */
type ChainLists = ReadonlyMap<string, readonly Rule[]>;

/** The chains that all Services share, whole. Never changed once they are made. */
export interface SharedChains {
  readonly filter: ChainLists;
  readonly nat: ChainLists;
}

export interface ProxyRules extends SharedChains {
  /** In the nat table: the chains that Services have for themselves, of those that are written here. */
  readonly own: ChainLists;
  /** Service → its own chains, of those that are written here. */
  readonly chainsOf: ReadonlyMap<string, WrittenNames>;
}

/** Rules of one table while they are being written. */
export type ChainWriter = Map<string, Rule[]>;

export function write(
  writer: ChainWriter,
  chain: string,
  matches: readonly (Match | undefined)[],
  target: Target,
  because?: ObjectRef,
): void {
  const rules = writer.get(chain) ?? [];
  writer.set(chain, rules);
  const present = matches.filter((match) => match !== undefined);
  rules.push({ matches: present, target, ...(because && { because }) });
}

export const comment = (text: string): Match => ({ match: 'comment', text });
export const source = (cidr: string): Match => ({ match: 'source', cidr });
export const notSource = (cidr: string): Match => ({ match: 'source', cidr, not: true });
export const destination = (cidr: string): Match => ({ match: 'destination', cidr });
export const notDestination = (cidr: string): Match => ({ match: 'destination', cidr, not: true });
/** Whether a packet comes from a pod, or does not, as far as kube-proxy can tell (IfLocal, IfNotLocal). */
export function fromPods(pods: PodDetector, from: 'pods' | 'elsewhere'): Match {
  const not = from === 'elsewhere' && ({ not: true } as const);
  switch (pods.by) {
    case 'source':
      return { match: 'source', cidr: pods.cidr, ...not };
    case 'bridge':
      return { match: 'in-interface', name: pods.name, ...not };
    case 'interface-prefix':
      return { match: 'in-interface', name: `${pods.prefix}+`, ...not };
  }
}

export const jump = (chain: string): Target => ({ target: 'JUMP', chain });

/** `-m tcp -p tcp`. */
export const protocolOnly = (protocol: 'tcp' | 'udp' | 'sctp'): Match[] => [
  { match: 'transport', module: protocol },
  { match: 'protocol', protocol },
];

/** `-m tcp -p tcp --dport 80`. */
export const toPort = (protocol: 'tcp' | 'udp' | 'sctp', port: number): Match[] => [
  { match: 'transport', module: protocol, destination: [port, port] },
  { match: 'protocol', protocol },
];

/** `-m tcp -p tcp -d 10.96.0.1 --dport 80`. */
export const toAddress = (
  protocol: 'tcp' | 'udp' | 'sctp',
  address: string,
  port: number,
): Match[] => [...toPort(protocol, port), destination(address)];
