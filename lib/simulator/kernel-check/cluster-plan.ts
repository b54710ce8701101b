import type { Namespace } from '../api/core/namespace.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import type { AddressFamily } from './addressing.ts';

/** A pod of a generated cluster, and what shall happen to it. */
export interface PodPlan {
  readonly object: Pod;
  readonly ports: readonly number[];
  readonly fate: 'stays' | 'is-deleted';
  /** What it is labelled once it runs. */
  readonly newLabels?: Record<string, string>;
}

/** A policy, and whether it is there before the pods, comes when they run, or goes then. */
export interface PolicyPlan {
  readonly object: KubeObject;
  readonly fate: 'comes-first' | 'comes-last' | 'is-deleted';
}

export interface ServicePlan {
  readonly object: Service;
  /** Address that a load balancer gives it. */
  readonly balancer?: { readonly ip: string; readonly ipMode: 'VIP' | 'Proxy' };
}

/** A generated cluster: what an installer is asked, and what users create. */
export interface ClusterPlan {
  readonly seed: string;
  readonly options: ClusterOptions;
  /** What the Services have, and the probes ask. */
  readonly family: AddressFamily;
  /** Besides `default`. */
  readonly namespaces: readonly Namespace[];
  readonly pods: readonly PodPlan[];
  readonly services: readonly ServicePlan[];
  /** Of all four kinds. */
  readonly policies: readonly PolicyPlan[];
}
