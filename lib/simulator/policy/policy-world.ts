import type { NormalPolicy } from './normal-policy.ts';
import type { PolicyProtocol } from './policy-protocol.ts';

export type Labels = Readonly<Record<string, string>>;

/** A container port that has a name: what a policy's port name stands for, on this pod. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: PolicyProtocol;
  readonly port: number;
}

/** A pod as policies see it. */
export interface PolicyPod {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** Where it runs; its own node always reaches it. */
  readonly node: string;
  /** It has its node's addresses: to policies it is that node, and none selects it. */
  readonly isOnHostNetwork: boolean;
  /** In canonical text, one of each family at most; empty while it has none. */
  readonly addresses: readonly string[];
  readonly namedPorts: readonly NamedPort[];
}

export interface PolicyNode {
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly string[];
}

/**
 * Everything that decides who may talk to whom, read once from the objects of a cluster (`readPolicyWorld`). Plain data that
 * is never written to.
 */
export interface PolicyWorld {
  readonly pods: readonly PolicyPod[];
  /** Namespace → its labels. A namespace that is not there has none, and no selector finds it. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly nodes: readonly PolicyNode[];
  /** Of all kinds, in the order in which they are asked: tier, priority, kind, namespace, name. */
  readonly policies: readonly NormalPolicy[];
}

/**
 * One end of a connection, as the packet shows it where policies look: behind kube-proxy's translation. An address that is
 * neither a pod's nor a node's is outside.
 */
export interface PolicyEnd {
  readonly address: string;
  readonly pod?: PolicyPod;
  readonly node?: PolicyNode;
}

/** The first packet of a connection. Replies are admitted with it. */
export interface PolicyFlow {
  readonly source: PolicyEnd;
  readonly destination: PolicyEnd;
  readonly protocol: PolicyProtocol;
  /** Destination port. */
  readonly port: number;
}
