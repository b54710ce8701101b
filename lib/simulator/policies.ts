/** The simulator's door to what screens ask of policies, which a page loads when somebody asks. */
export { judgeCell, judgeFlow } from './view/judge-connection.ts';
export { lintCluster } from './view/lint-cluster.ts';
export { policyEngineOf } from './view/policy-engine-of.ts';
export { viewReachability } from './view/reachability.ts';
export { compareReachability } from './view/compare-reachability.ts';
export { tellParts } from './policy/tell-verdict.ts';
export type { ToldVerdict } from './policy/tell-verdict.ts';
