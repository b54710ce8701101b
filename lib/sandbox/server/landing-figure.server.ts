import 'server-only';
import { lastTrace, openSandbox, tellStory, viewTopology } from '#lib/simulator/index.ts';
import { landingTranscript, type BreakId } from '../landing-breaks.ts';
import type { ShownTrace, Topology } from '../protocol.ts';
import { showTrace } from '../show-sandbox.ts';

export interface LandingFigure {
  readonly trace: ShownTrace;
  readonly topology: Topology;
}

/** Deterministic, so computed once per process. */
const known = new Map<BreakId, LandingFigure>();

/** The packet of the first page under one way of breaking the shop: the same fold that the page's worker does. */
export function landingFigure(id: BreakId): LandingFigure {
  const found = known.get(id);
  if (found) return found;
  const sandbox = openSandbox(landingTranscript(id));
  const traceId = lastTrace(sandbox);
  const trace = traceId === undefined ? undefined : showTrace(sandbox, traceId, tellStory);
  if (!trace) throw new Error(`The first page's packet left no trace (${id}).`);
  const figure = { trace, topology: viewTopology(sandbox.cluster) };
  known.set(id, figure);
  return figure;
}
