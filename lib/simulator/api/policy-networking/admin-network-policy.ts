import type { Condition } from '../meta/condition.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject } from '../meta/object.ts';
import type { PolicyRuleText, PolicySubject } from './policy-subject.ts';

/** policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy: for the whole cluster, before every NetworkPolicy. */
export interface AdminNetworkPolicy extends KubeObject {
  apiVersion: 'policy.networking.k8s.io/v1alpha1';
  kind: 'AdminNetworkPolicy';
  spec: {
    /** 0 to 1000; lower is asked first. */
    priority: number;
    subject: PolicySubject;
    ingress?: AdminIngressRule[];
    egress?: AdminEgressRule[];
  };
  status?: { conditions: Condition[] };
}

/** A BaselineAdminNetworkPolicy has no `Pass`. */
export type AdminAction = 'Allow' | 'Deny' | 'Pass';

export interface AdminIngressRule extends PolicyRuleText {
  action: AdminAction;
  from: PolicySubject[];
  /** Absent: every port of every protocol. */
  ports?: AdminPort[];
}

export interface AdminEgressRule extends PolicyRuleText {
  action: AdminAction;
  to: AdminEgressPeer[];
  ports?: AdminPort[];
}

/** Exactly one field is set. */
export interface AdminEgressPeer extends PolicySubject {
  nodes?: LabelSelector;
  /** Prefixes. The API looks only for a colon or a dot in them, so one may be none. */
  networks?: string[];
  /** Of an AdminNetworkPolicy only. */
  domainNames?: string[];
}

type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Exactly one field is set. */
export interface AdminPort {
  portNumber?: { protocol?: Protocol; port: number };
  /** A container port's name, of any protocol. */
  namedPort?: string;
  portRange?: { protocol?: Protocol; start: number; end: number };
}
