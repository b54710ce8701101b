import 'server-only';
import { sendRequest, startScenario, tellStory, viewTopology } from '#lib/simulator/index.ts';
import { viewReachability } from '#lib/simulator/policies.ts';
import type { ColumnPort, ReachabilityView, Scenario, Topology } from '#lib/simulator/index.ts';
import type { FigureData } from './figure-data.ts';
import { FIRST_SEED } from './observe-request.ts';
import { hashContent } from './read-content-file.server.ts';

const figures = new Map<string, FigureData>();
const clusters = new Map<string, Topology>();
const tables = new Map<string, ReachabilityView>();
const KEPT = 200;

function keep<T>(map: Map<string, T>, key: string, make: () => T): T {
  const hit = map.get(key);
  if (hit !== undefined) return hit;
  if (map.size >= KEPT) map.clear();
  const made = make();
  map.set(key, made);
  return made;
}

/** Runs the simulator once for each scenario, request and seed, and keeps the result in memory. */
export function makeFigure(
  scenario: Scenario,
  from: string,
  url: string,
  seed = FIRST_SEED,
): FigureData {
  return keep(figures, hashContent([scenario, from, url, seed]), () => {
    const sandbox = startScenario(scenario, seed);
    const topology = viewTopology(sandbox.cluster);
    const { trace: id } = sendRequest(sandbox, from, url);
    const trace = sandbox.cluster.trace(id);
    if (trace === undefined) throw new Error(`the figure of ${scenario.name} has no trace`);
    const { title, disposition, steps } = trace;
    return { topology, trace: { id, title, disposition, hops: tellStory(steps) } };
  });
}

/** The cluster alone, for a question whose packet has not been sent yet. */
export function makeCluster(scenario: Scenario, seed = FIRST_SEED): Topology {
  return keep(clusters, hashContent([scenario, seed]), () =>
    viewTopology(startScenario(scenario, seed).cluster),
  );
}

/** What a table of a lesson asks for, as its attributes say it. */
export interface TableAttributes {
  readonly focus?: string;
  /** `shop,guest` */
  readonly namespaces?: string;
  /** `TCP 8080` */
  readonly port?: string;
}

function portOf(text: string | undefined): ColumnPort | undefined {
  const match = /^(TCP|UDP|SCTP) (\d{1,5})$/.exec(text ?? '');
  return match
    ? { protocol: match[1] as ColumnPort['protocol'], port: Number(match[2]) }
    : undefined;
}

/** Who reaches whom by the policies of a scenario, before anything is done in it. */
export function makeReachability(
  scenario: Scenario,
  { focus, namespaces, port }: TableAttributes,
  seed = FIRST_SEED,
): ReachabilityView {
  return keep(tables, hashContent([scenario, focus, namespaces, port, seed]), () => {
    const asked = portOf(port);
    return viewReachability(startScenario(scenario, seed).cluster, {
      ...(focus === undefined ? {} : { focus }),
      ...(namespaces === undefined ? {} : { namespaces: namespaces.split(/,\s*/) }),
      ...(asked ? { port: asked } : {}),
    });
  });
}
