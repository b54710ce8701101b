/** The only door of the simulator. */
export type { Micros } from './base/clock.ts';
export type { Flow, SocketAddress } from './base/flow.ts';
export type { ObjectRef } from './base/object-ref.ts';
export type { KubeObject } from './api/meta/object.ts';
export type { ClusterOptions } from './cluster-options.ts';
export type { Action } from './scenario/action.ts';
export type { Check, Finding, Grade } from './scenario/checks.ts';
export type { Scenario } from './scenario/scenario.ts';
export { ENGINE_VERSION, type Transcript } from './scenario/transcript.ts';
export type { Hop, Layer } from './trace/hop.ts';
export type { Disposition, Trace } from './trace/trace.ts';
export type { Topology, TopologyNode, TopologyPod, TopologyService } from './view/topology.ts';
