import { expect, test } from 'vitest';
import { loadContent } from '#lib/content/load-content.server.ts';
import { publishExercise } from './publish-exercise.ts';

const { exercises } = await loadContent();

test.each([...exercises.values()].map((exercise) => [exercise.slug, exercise] as const))(
  '%s goes to a page without its solution, its debrief and what the checks compare with',
  (_slug, exercise) => {
    const page = publishExercise(exercise);
    expect(Object.keys(page).sort()).toEqual(
      'criteria engine hints kubernetes level minutes par reviewed revision scenario seed slug summary title'.split(
        ' ',
      ),
    );
    const text = JSON.stringify(page);
    for (const step of exercise.solution.steps) {
      expect(text).not.toContain(JSON.stringify(step.because).slice(1, -1));
      if ('command' in step) expect(text).not.toContain(JSON.stringify(step.command).slice(1, -1));
    }
    expect(text).not.toContain(exercise.debrief.code.slice(0, 200));
    expect(text).not.toContain('"expect"');
    expect(page.criteria).toHaveLength(exercise.source.checks.length);
  },
);
