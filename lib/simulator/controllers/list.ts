import { clusterRoleAggregation } from './cluster-role-aggregation.ts';
import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job.ts';
import { customResourceDefinitionController } from './custom-resource-definition.ts';
import { daemonSetController } from './daemon-set.ts';
import { deploymentController } from './deployment.ts';
import { disruptionController } from './disruption.ts';
import { endpointSliceController } from './endpoint-slice.ts';
import { endpointsController } from './endpoints.ts';
import { garbageCollector } from './garbage-collector.ts';
import { jobController } from './job.ts';
import { loadBalancerController } from './load-balancer.ts';
import { namespaceController } from './namespace.ts';
import { nodeCidrController } from './node-cidr.ts';
import { replicaSetController, replicationController } from './replica-set.ts';
import { rootCaController } from './root-ca.ts';
import { scheduler } from './scheduler.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceCidrController } from './service-cidr.ts';
import { statefulSetController } from './stateful-set.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podGarbageCollector } from './pod-garbage-collector.ts';
import { taintEvictionController } from './taint-eviction.ts';

/** Every control loop of the cluster: what kube-controller-manager and kube-scheduler run. */
export const CONTROLLERS: readonly Controller[] = [
  namespaceController,
  serviceAccountController,
  nodeCidrController,
  deploymentController,
  replicaSetController,
  replicationController,
  statefulSetController,
  daemonSetController,
  jobController,
  ttlAfterFinishedController,
  cronJobController,
  scheduler,
  taintEvictionController,
  podGarbageCollector,
  nodeLifecycleController,
  endpointSliceController,
  endpointsController,
  garbageCollector,
  loadBalancerController,
  customResourceDefinitionController,
  disruptionController,
  rootCaController,
  clusterRoleAggregation,
  serviceCidrController,
];
