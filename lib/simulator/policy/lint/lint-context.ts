import type { PolicyEngine } from '../create-policy-engine.ts';
import type { Direction, NormalPolicy, NormalRule } from '../normal-policy.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { Labels } from '../policy-world.ts';
import type { LintFinding } from './lint-finding.ts';

/** Pods that a workload makes, whether or not one runs now. */
export interface PodTemplate {
  readonly namespace: string;
  readonly labels: Labels;
}

/** A Service as packets know it: its own addresses. */
export interface ServiceFacts {
  /** `namespace/name`. */
  readonly key: string;
  readonly addresses: readonly string[];
}

/** Where the cluster's DNS answers, behind its Service. */
export interface DnsFacts {
  /** `kube-system/kube-dns`. */
  readonly service: string;
  readonly endpoints: readonly {
    readonly address: string;
    readonly protocol: PolicyProtocol;
    readonly port: number;
  }[];
}

/** What the linter knows of a cluster besides its pods and policies (`readLintContext`). */
export interface LintContext {
  readonly templates: readonly PodTemplate[];
  readonly services: readonly ServiceFacts[];
  /** Prefixes that pods and Services get addresses from. */
  readonly podRanges: readonly string[];
  readonly serviceRanges: readonly string[];
  /** Absent: there is no DNS, or a cache on every node answers, which policies do not keep a pod from. */
  readonly dns?: DnsFacts;
  /** Keys of pods that do not ask the cluster's DNS (`dnsPolicy`). */
  readonly withoutDns: ReadonlySet<string>;
}

/** All that a check may look at. */
export interface Lint {
  /** As if policies were enforced everywhere: a mistake is one before somebody feels it. */
  readonly engine: PolicyEngine;
  readonly isEnforcedOn: (node: string) => boolean;
  readonly context: LintContext;
}

/** Looks at one policy. */
export type PolicyCheck = (policy: NormalPolicy, lint: Lint) => readonly LintFinding[];

/** A rule of a policy, and its direction. */
export interface DirectedRule {
  readonly direction: Direction;
  readonly rule: NormalRule;
}

/** The rules that a policy's directions ask. */
export const askedRules = ({ directions, ...policy }: NormalPolicy): readonly DirectedRule[] =>
  directions.flatMap((direction) => policy[direction].map((rule) => ({ direction, rule })));
