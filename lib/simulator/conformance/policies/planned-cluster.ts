import type { PolicyProtocol } from '../../policy/policy-protocol.ts';

/** A port that a pod listens on. A port without a name is not declared by any container, and is served all the same. */
export interface PlannedPort {
  readonly protocol: PolicyProtocol;
  readonly port: number;
  readonly name?: string;
}

export interface PlannedPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: whatever address it is given. */
  readonly address?: string;
  readonly isOnHostNetwork: boolean;
  readonly ports: readonly PlannedPort[];
}

/** A node that a table names. Its own addresses are those of the simulator's segment; these come besides. */
export interface PlannedNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
}

/** An address that no pod of the cluster has: a machine outside that asks, and answers on these ports. */
export interface PlannedOutsider {
  readonly address: string;
  readonly ports: readonly PlannedPort[];
}

/** What a table says of the cluster in which its policies are tried, read from any of the formats. */
export interface PlannedCluster {
  /** Name → labels. */
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly PlannedPod[];
  readonly nodes: readonly PlannedNode[];
  readonly outsiders: readonly PlannedOutsider[];
  /** Whether each pod has a Service of its own. */
  readonly hasServices: boolean;
}

/** `namespace/name`. */
export const keyOfPod = ({ namespace, name }: Pick<PlannedPod, 'namespace' | 'name'>) =>
  `${namespace}/${name}`;

/** Without ports that stand there twice. */
export function uniquePorts(ports: readonly PlannedPort[]): PlannedPort[] {
  const seen = new Map<string, PlannedPort>();
  for (const each of ports) {
    const key = `${each.protocol}/${each.port}`;
    const before = seen.get(key);
    if (before?.name === undefined) seen.set(key, each);
  }
  return [...seen.values()];
}

/** A protocol as tables write it; `undefined` for none. */
export function protocolOf(text: string | null | undefined): PolicyProtocol | undefined {
  const upper = (text ?? '').toUpperCase();
  return upper === 'TCP' || upper === 'UDP' || upper === 'SCTP' ? upper : undefined;
}
