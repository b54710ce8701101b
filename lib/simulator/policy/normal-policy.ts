import type { LabelSelector } from '../api/meta/label-selector.ts';
import type { PolicyProtocol } from './policy-protocol.ts';

/**
 * In the order in which a packet meets them. `network` holds the NetworkPolicies; AdminNetworkPolicies are in `admin` and the
 * BaselineAdminNetworkPolicy in `baseline`, beside the ClusterNetworkPolicies of those tiers.
 */
export type PolicyTier = 'admin' | 'network' | 'baseline';

export type Direction = 'ingress' | 'egress';

export type PolicyKind =
  'NetworkPolicy' | 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy';

export interface PolicyRef {
  readonly kind: PolicyKind;
  /** Of a NetworkPolicy. */
  readonly namespace?: string;
  readonly name: string;
}

/**
 * A policy of any kind in one form, which the evaluator, the policy agent, reachability and the linter read. Nothing is lost:
 * `path`s lead back into the object as it was written.
 */
export interface NormalPolicy {
  readonly ref: PolicyRef;
  readonly tier: PolicyTier;
  /** Lower is asked first; all NetworkPolicies have 0, and so has a BaselineAdminNetworkPolicy. */
  readonly priority: number;
  /** Which pods it is about. */
  readonly subject: PodPeer;
  /**
   * The directions that it is about: `policyTypes` of a NetworkPolicy, which isolates its pods in them; of the others those
   * that have rules.
   */
  readonly directions: readonly Direction[];
  readonly ingress: readonly NormalRule[];
  readonly egress: readonly NormalRule[];
}

/** `accept`: a rule of a NetworkPolicy, `Allow` of the v1alpha1 kinds, `Accept` of v1alpha2. */
export type RuleAction = 'accept' | 'deny' | 'pass';

export interface NormalRule {
  readonly action: RuleAction;
  /** `.spec.ingress[0]`. */
  readonly path: string;
  readonly name?: string;
  /** Undefined: whoever is at the other end. An empty list matches nobody. */
  readonly peers?: readonly NormalPeer[];
  /** Undefined: every port of every protocol. An empty list matches nothing. */
  readonly ports?: readonly NormalPort[];
}

export type NormalPeer = PodPeer | NodePeer | NetworkPeer | DomainPeer;

/** Pods of some namespaces. A pod on its node's network is never among them. */
export interface PodPeer {
  readonly peer: 'pods';
  /** `.spec.ingress[0].from[1]`. */
  readonly path: string;
  /** One namespace by name (a NetworkPolicy's own), or all that the selector finds. */
  readonly namespaces: string | LabelSelector;
  /** An empty selector finds every pod. */
  readonly pods: LabelSelector;
}

export interface NodePeer {
  readonly peer: 'nodes';
  readonly path: string;
  readonly nodes: LabelSelector;
}

/** Addresses, whoever has them. */
export interface NetworkPeer {
  readonly peer: 'networks';
  readonly path: string;
  readonly cidrs: readonly string[];
  /** Left out of them. */
  readonly except: readonly string[];
}

/** Names that the destination's address was looked up by: `example.com`, `*.example.com`. */
export interface DomainPeer {
  readonly peer: 'domains';
  readonly path: string;
  readonly names: readonly string[];
}

export type NormalPort =
  | {
      readonly port: 'range';
      readonly path: string;
      readonly protocol: PolicyProtocol;
      /** Inclusive; 1 to 65535 when the policy names a protocol alone. */
      readonly first: number;
      readonly last: number;
    }
  /** A port name of the destination pod; of any protocol when none is said (v1alpha1 and v1alpha2). */
  | {
      readonly port: 'name';
      readonly path: string;
      readonly protocol?: PolicyProtocol;
      readonly name: string;
    };
