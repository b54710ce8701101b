/** The simulator's door; a page has two of its own, page.ts and terminal.ts. */
export type { Micros } from './base/clock.ts';
export type { Flow, SocketAddress } from './base/flow.ts';
export type { ObjectRef } from './base/object-ref.ts';
export type { KubeObject } from './api/meta/object.ts';
export type { ClusterOptions } from './cluster-options.ts';
export { formatOptionProblem, type OptionProblem } from './option-problem.ts';
export { findOptionProblems } from './validate-cluster-options.ts';
export type { Action, RequestAction } from './scenario/action.ts';
export type { Check, Finding, Grade } from './scenario/checks.ts';
export type { Scenario } from './scenario/scenario.ts';
export { ENGINE_VERSION, type Transcript } from './scenario/transcript.ts';
export type { Hop, HopPolicy, Layer } from './trace/hop.ts';
export type { Disposition, Trace } from './trace/trace.ts';
export type { Topology, TopologyNode, TopologyPod, TopologyService } from './view/topology.ts';
export type { ObjectView } from './view/objects.ts';
export type {
  CellKey,
  CellState,
  ColumnPort,
  ReachabilityCell,
  ReachabilityEnd,
  ReachabilityView,
} from './view/reachability-picture.ts';
export type { LintFinding } from './policy/lint/lint-finding.ts';
export type { JudgedConnection } from './view/judge-connection.ts';
export type {
  DirectionVerdict,
  PolicyFinding,
  PolicyWord,
  Verdict as PolicyVerdict,
} from './policy/verdict.ts';
export { gradeSandbox } from './scenario/grade.ts';
export {
  act,
  lastTrace,
  openSandbox,
  sandboxFingerprint,
  startScenario,
  type ActionResult,
  type Sandbox,
} from './scenario/sandbox.ts';
export {
  elapsedIn,
  followEntry,
  lastActOf,
  openLive,
  passLiveTime,
  plainTranscript,
  sequenceOf,
  type LiveEntry,
  type LiveResult,
  type LiveSandbox,
} from './scenario/live-sandbox.ts';
export { sendRequest, type SentRequest } from './scenario/send-request.ts';
export { viewTopology } from './view/topology.ts';
export type { Connection } from './view/connections.ts';
export { printIptablesSave } from './linux/netfilter/print/iptables-save.ts';
export { runAt } from './scenario/run-at.ts';
export { handleRequest, type RestRequest, type RestResponse } from './apiserver/rest.ts';
export { pollLog } from './apiserver/rest-log.ts';
export { pollWatch } from './apiserver/watch.ts';
export { tellStory } from './trace/tell-story.ts';
