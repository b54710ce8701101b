import { FIRST_SEED } from '#lib/content/observe-request.ts';
import type { Exercise } from '#lib/content/content.ts';
import { ENGINE_VERSION, type Scenario } from '#lib/simulator/index.ts';

/** An exercise as a list shows it. */
export interface ExerciseCard {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes: number;
  readonly level: string;
  readonly par: number;
}

/**
 * An exercise as a browser gets it. Everything is named one by one: the solution, the debrief and what the checks
 * compare with are not here. The scenario is: it is the state of a cluster that the learner may look at anyway.
 */
export interface PublicExercise extends ExerciseCard {
  readonly kubernetes: string;
  readonly reviewed: string;
  readonly revision: string;
  /** Version of the simulator that the server grades with. */
  readonly engine: number;
  readonly seed: string;
  readonly criteria: readonly string[];
  readonly hints: readonly string[];
  readonly scenario: Scenario;
}

export function publishCard({ slug, source }: Exercise): ExerciseCard {
  const { title, summary, minutes, level, par } = source;
  return { slug, title, summary, minutes, level, par };
}

export function publishExercise(exercise: Exercise): PublicExercise {
  const { source, scenario, revision } = exercise;
  return {
    ...publishCard(exercise),
    kubernetes: source.kubernetes,
    reviewed: source.reviewed,
    revision,
    engine: ENGINE_VERSION,
    seed: FIRST_SEED,
    criteria: source.checks.map(({ title }) => title),
    hints: source.hints,
    scenario,
  };
}
