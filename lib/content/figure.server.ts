import 'server-only';
import { sendRequest, startScenario, tellStory, viewTopology } from '#lib/simulator/index.ts';
import type { Scenario, Topology } from '#lib/simulator/index.ts';
import type { FigureData } from './figure-data.ts';
import { FIRST_SEED } from './observe-request.ts';
import { hashContent } from './read-content-file.server.ts';

const figures = new Map<string, FigureData>();
const clusters = new Map<string, Topology>();
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
