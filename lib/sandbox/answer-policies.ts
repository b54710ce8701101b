import {
  compareReachability,
  judgeCell,
  judgeFlow,
  lintCluster,
  policyEngineOf,
  tellParts,
  viewReachability,
} from '#lib/simulator/policies.ts';
import type {
  CellKey,
  ColumnPort,
  JudgedConnection,
  ReachabilityEnd,
  ReachabilityView,
  Sandbox,
} from '#lib/simulator/index.ts';
import type { Moment, PolicyAnswer, PolicyQuestion, ToldConnection } from './policy-protocol.ts';

/** The sandbox as it is, and as it was. */
export interface AskedSandbox {
  readonly now: Sandbox;
  earlier(moment: Moment): Sandbox;
}

/** Ports that any column of the picture is about, each once. */
function portsOf({ columns }: ReachabilityView): ColumnPort[] {
  const ports = new Map<string, ColumnPort>();
  for (const { port } of columns)
    if (port)
      ports.set(`${port.protocol} ${port.port}`, { protocol: port.protocol, port: port.port });
  return [...ports.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

function reachability(
  { port, since }: Extract<PolicyQuestion, { type: 'reachability' }>,
  asked: AskedSandbox,
): PolicyAnswer {
  const question = port ? { port } : {};
  const { cluster } = asked.now;
  const view = viewReachability(cluster, question);
  const earlier = since && viewReachability(asked.earlier(since).cluster, question);
  return {
    type: 'reachability',
    view,
    ports: portsOf(port ? viewReachability(cluster) : view),
    ...(earlier ? { change: compareReachability(earlier, view) } : {}),
    findings: lintCluster(cluster),
  };
}

const told = (judged: JudgedConnection): ToldConnection => ({
  ...judged,
  told: tellParts(judged.verdict, judged),
});

const endOf = (end: ReachabilityEnd | undefined) =>
  end?.end === 'outside'
    ? end.ranges[0] === undefined
      ? {}
      : { range: end.ranges[0] }
    : { pods: end?.pods ?? [] };

/** A column without a port stands for ends that declare none: any port shows what policies say. */
const ANY_PORT: ColumnPort = { protocol: 'TCP', port: 80 };

function cell({ from, to, port = ANY_PORT }: CellKey, { now }: AskedSandbox): PolicyAnswer {
  const { ends }: ReachabilityView = viewReachability(now.cluster);
  const [source, destination] = [from, to].map((id) => endOf(ends.find((end) => end.id === id)));
  const judged = judgeCell(
    { network: now.cluster.network, engine: policyEngineOf(now.cluster) },
    { from: source ?? {}, to: destination ?? {} },
    port,
  );
  return {
    type: 'cell',
    judged: judged.map(({ example, pairs }) => ({ example: told(example), pairs })),
  };
}

/** Answers what a page asks about policies; the sandboxes stay as they are. */
export function answerPolicies(question: PolicyQuestion, asked: AskedSandbox): PolicyAnswer {
  switch (question.type) {
    case 'judge': {
      const judged = judgeFlow(asked.now.cluster, question.flow);
      return { type: 'judge', ...(judged ? { judged: told(judged) } : {}) };
    }
    case 'reachability':
      return reachability(question, asked);
    case 'cell':
      return cell(question.cell, asked);
  }
}
