import {
  act,
  ENGINE_VERSION,
  gradeSandbox,
  openSandbox,
  type Check,
  type Grade,
  type Sandbox,
  type Transcript,
} from '#lib/simulator/index.ts';
import type { Exercise } from './content.ts';
import { FIRST_SEED } from './observe-request.ts';
import type { Solution } from './schema/exercise.ts';

const actionsOf = (steps: Solution['steps']): Transcript['actions'] =>
  steps.map((step) =>
    'command' in step
      ? { type: 'command', line: step.command }
      : { type: 'apply', yaml: step.apply },
  );

/** The author's own way through, as the transcript that a learner would hand in. */
export function solutionTranscript(exercise: Exercise, seed = FIRST_SEED): Transcript {
  const { scenario, solution } = exercise;
  return { version: ENGINE_VERSION, scenario, seed, actions: actionsOf(solution.steps) };
}

/** The checks of an exercise as the simulator takes them. */
export function checksOf(exercise: Exercise): readonly Check[] {
  // The schema mirrors Check; optional fields that YAML leaves out are absent, not undefined.
  return exercise.source.checks as readonly Check[];
}

export interface ExerciseProof {
  readonly start: Grade;
  readonly solution: Grade;
  /** Commands of the solution that failed, with what they printed. */
  readonly failedCommands: readonly string[];
}

/** Grades what looks like a solution and is none; `failedCommands` as for the solution. */
export function proveShortcut(
  exercise: Exercise,
  steps: Solution['steps'],
  seed = FIRST_SEED,
): { readonly grade: Grade; readonly failedCommands: readonly string[] } {
  const { scenario } = exercise;
  const sandbox = openSandbox({ version: ENGINE_VERSION, scenario, seed, actions: [] });
  const failedCommands = perform(sandbox, actionsOf(steps));
  return { grade: gradeSandbox(sandbox, checksOf(exercise), { scenario, seed }), failedCommands };
}

/** Grades the start and the solution. An exercise holds when the first fails and the second passes. */
export function proveExercise(exercise: Exercise, seed = FIRST_SEED): ExerciseProof {
  const checks = checksOf(exercise);
  const { actions, ...rest } = solutionTranscript(exercise, seed);
  const origin = { scenario: exercise.scenario, seed };
  const start = openSandbox({ ...rest, actions: [] });
  const grade = gradeSandbox(start, checks, origin);
  const sandbox = openSandbox({ ...rest, actions: [] });
  const failedCommands = perform(sandbox, actions);
  return { start: grade, solution: gradeSandbox(sandbox, checks, origin), failedCommands };
}

/** Does what the transcript says; what came of commands that were not understood. */
function perform(sandbox: Sandbox, actions: Transcript['actions']): string[] {
  const failed: string[] = [];
  for (const action of actions) {
    const { output } = act(sandbox, action);
    // A look at what is broken may fail: only words of a shell or of kubectl that did not understand are a fault.
    if (action.type === 'command' && /not found$|unknown (command|flag)|^error: /m.test(output))
      failed.push(`${action.line}: ${output.trim()}`);
  }
  return failed;
}
