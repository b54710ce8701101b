import type { Condition } from '../meta/condition.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject } from '../meta/object.ts';
import type { PolicyRuleText, PolicySubject } from './policy-subject.ts';

/** policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy: before every NetworkPolicy, or behind them all. */
export interface ClusterNetworkPolicy extends KubeObject {
  apiVersion: 'policy.networking.k8s.io/v1alpha2';
  kind: 'ClusterNetworkPolicy';
  spec: {
    tier: 'Admin' | 'Baseline';
    /** 0 to 1000, within the tier; lower is asked first. */
    priority: number;
    subject: PolicySubject;
    ingress?: ClusterIngressRule[];
    egress?: ClusterEgressRule[];
  };
  status?: { conditions: Condition[] };
}

export type ClusterAction = 'Accept' | 'Deny' | 'Pass';

export interface ClusterIngressRule extends PolicyRuleText {
  action: ClusterAction;
  from: PolicySubject[];
  /** Absent: every port of every protocol. */
  protocols?: ClusterProtocol[];
}

export interface ClusterEgressRule extends PolicyRuleText {
  action: ClusterAction;
  to: ClusterEgressPeer[];
  protocols?: ClusterProtocol[];
}

/** Exactly one field is set. */
export interface ClusterEgressPeer extends PolicySubject {
  nodes?: LabelSelector;
  networks?: string[];
  /** `example.com`, `*.example.com`. Meant for `Accept` rules; the API takes them in others too. */
  domainNames?: string[];
}

/** Exactly one field is set. */
export interface ClusterProtocol {
  tcp?: ClusterTransport;
  udp?: ClusterTransport;
  sctp?: ClusterTransport;
  /** A container port's name, of any protocol. */
  destinationNamedPort?: string;
}

export interface ClusterTransport {
  /** The API wants one; exactly one of its fields is set. */
  destinationPort?: { number?: number; range?: { start: number; end: number } };
}
