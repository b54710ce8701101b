import type { Content, Lesson, PlacedItem } from './content.ts';
import { decideItem } from './decide-item.ts';
import { FIRST_SEED, matchesObserved, observeRequest } from './observe-request.ts';
import { proveExercise, proveShortcut } from './prove-exercise.ts';
import { observableSchema } from './schema/observable.ts';
import { splitSkillId } from './schema/skill.ts';

/** The most words of prose between two activities (quality of a lesson, product.md). */
export const WORDS_BETWEEN_ACTIVITIES = 400;
/** Predictions are asked with other seeds in practice: each is decided with these too. */
const SEEDS = [FIRST_SEED, 'check-1', 'check-2', 'check-3'];

/** One thing that was looked at, with what is wrong with it. */
export interface Examined {
  readonly about: string;
  readonly problem?: string;
}

const examine = (about: string, problem: string | undefined): Examined =>
  problem === undefined ? { about } : { about, problem };

/** Links of ours lead to a page, and named things exist. */
export function examineReferences(content: Content): Examined[] {
  const found: Examined[] = [];
  for (const module of content.modules) {
    for (const slug of module.lessons)
      found.push(
        examine(
          `module ${module.slug}: lesson ${slug}`,
          content.lessons.has(slug) ? undefined : 'it does not exist',
        ),
      );
    for (const slug of module.needs)
      found.push(
        examine(
          `module ${module.slug} needs ${slug}`,
          content.modules.some((other) => other.slug === slug) ? undefined : 'it does not exist',
        ),
      );
  }
  for (const lesson of content.lessons.values())
    found.push(...examineLessonReferences(content, lesson));
  const pages = [
    ...[...content.lessons.values()].map(({ slug, page }) => [`lesson ${slug}`, page] as const),
    ...[...content.exercises.values()].flatMap(({ slug, brief, debrief }) => [
      [`brief of ${slug}`, brief] as const,
      [`debrief of ${slug}`, debrief] as const,
    ]),
    ...[...content.glossary.values()].map(({ slug, page }) => [`glossary ${slug}`, page] as const),
  ];
  for (const [name, page] of pages)
    for (const link of page.outline.links.filter((url) => url.startsWith('/')))
      found.push(
        examine(
          `${name}: link ${link}`,
          leadsSomewhere(content, link) ? undefined : 'it leads nowhere',
        ),
      );
  return found;
}

function examineLessonReferences(content: Content, lesson: Lesson): Examined[] {
  const { quiz, exercise } = lesson.front;
  const elements = lesson.page.outline.elements;
  const asked = elements
    .filter(({ name }) => name === 'Question')
    .map(({ attributes }) => attributes['id'] ?? '');
  const ids = lesson.items.map(({ item }) => item.id);
  const unknown = elements
    .flatMap(({ attributes }) => [attributes['scenario']])
    .filter((name) => name !== undefined && !lesson.scenarios.has(name));
  const unknownAfter = elements
    .map(({ attributes }) => attributes['after'])
    .filter((id) => id !== undefined && !ids.includes(id));
  return [
    examine(
      `lesson ${lesson.slug}: quiz`,
      quiz === undefined || content.quizzes.has(quiz) ? undefined : `there is no quiz ${quiz}`,
    ),
    examine(
      `lesson ${lesson.slug}: exercise`,
      exercise === undefined || content.exercises.has(exercise)
        ? undefined
        : `there is no exercise ${exercise}`,
    ),
    examine(
      `lesson ${lesson.slug}: scenarios`,
      unknown.length === 0 ? undefined : `there is no scenario ${unknown.join(', ')}`,
    ),
    examine(
      `lesson ${lesson.slug}: figures wait for questions`,
      unknownAfter.length === 0 ? undefined : `there is no question ${unknownAfter.join(', ')}`,
    ),
    examine(
      `lesson ${lesson.slug}: questions`,
      [...asked].sort().join() === [...ids].sort().join()
        ? undefined
        : 'the questions in the text and in questions.yaml are not the same',
    ),
  ];
}

function leadsSomewhere(content: Content, link: string): boolean {
  const [, first = '', second, third, fourth] = (link.split(/[?#]/)[0] ?? '').split('/');
  if (second === undefined)
    return [
      '',
      'learn',
      'practice',
      'progress',
      'exercises',
      'sandbox',
      'fidelity',
      'settings',
      'signin',
    ].includes(first);
  if (first === 'exercises') return content.exercises.has(second);
  if (first !== 'learn' || third === undefined)
    return first === 'learn' && content.modules.some(({ slug }) => slug === second);
  return (
    content.lessons.get(third)?.module === second && (fourth === undefined || fourth === 'quiz')
  );
}

/** Every skill is of a module. */
export function examineSkills(content: Content): Examined[] {
  const modules = new Set(content.modules.map(({ slug }) => slug));
  const named = [
    ...[...content.items.values()].flatMap(({ item }) =>
      item.skills.map((skill) => [item.id, skill] as const),
    ),
    ...[...content.exercises.values()].flatMap(({ slug, source }) =>
      source.skills.map((skill) => [slug, skill] as const),
    ),
    ...[...content.lessons.values()].flatMap(({ slug, front }) =>
      front.skills.map((skill) => [slug, skill] as const),
    ),
    ...[...content.interviews.values()].flatMap(({ id, skills }) =>
      skills.map((skill) => [id, skill] as const),
    ),
  ];
  return named.map(([owner, skill]) =>
    examine(
      `${owner}: skill ${skill}`,
      modules.has(splitSkillId(skill).module) ? undefined : 'there is no such module',
    ),
  );
}

/** Short stretches of prose, and a prediction before any of it. */
export function examineLessons(content: Content): Examined[] {
  return [...content.lessons.values()].flatMap(({ slug, page }) => {
    const first = page.outline.elements.find(({ name }) => name === 'Question');
    return [
      ...page.outline.wordRuns.map((words, at) =>
        examine(
          `lesson ${slug}: ${words} words before activity ${at + 1}`,
          words <= WORDS_BETWEEN_ACTIVITIES ? undefined : `more than ${WORDS_BETWEEN_ACTIVITIES}`,
        ),
      ),
      examine(
        `lesson ${slug}: begins with a prediction`,
        page.outline.wordRuns[0] === 0 && first?.attributes['purpose'] === 'predict'
          ? undefined
          : 'it does not',
      ),
    ];
  });
}

/** Every prediction is decided by the simulator, with every seed, for exactly one option. */
export function examinePredictions(content: Content): Examined[] {
  return [...content.items.values()]
    .filter(({ item }) => item.type === 'predict')
    .flatMap((placed) =>
      SEEDS.map((seed) =>
        examine(`${placed.item.id}, seed ${seed}`, findPredictionProblem(placed, seed)),
      ),
    );
}

function findPredictionProblem(placed: PlacedItem, seed: string): string | undefined {
  const { right, observed } = decideItem(placed, seed);
  // An author gives a belief to options that are wrong: what is observed must not be one of them.
  const believed = placed.item.options.find((option) => right.includes(option.id) && option.belief);
  if (believed) return `the simulator observes ${observed}, and ${believed.id} is called a belief`;
  return right.length === 1
    ? undefined
    : `the simulator observes ${observed}, which ${right.length === 0 ? 'no option' : 'more than one option'} says`;
}

/** Every claim of every lesson is what the simulator observes. */
export function examineClaims(content: Content): Examined[] {
  return [...content.lessons.values()].flatMap((lesson) =>
    lesson.page.outline.elements
      .filter(({ name }) => name === 'Claim')
      .map(({ attributes, text }) => {
        const scenario = lesson.scenarios.get(attributes['scenario'] ?? '');
        const observable = observableSchema.safeParse(attributes['observe']);
        const about = `lesson ${lesson.slug}: "${text}"`;
        if (scenario === undefined || !observable.success)
          return examine(about, 'scenario or observable is unknown');
        const observed = observeRequest(
          scenario,
          attributes['from'] ?? '',
          attributes['url'] ?? '',
        )[observable.data];
        const expected = attributes['equals'] ?? '';
        return examine(
          about,
          matchesObserved(expected, observed)
            ? undefined
            : `claims ${expected}, the simulator observes ${observed ?? 'nothing'}`,
        );
      }),
  );
}

/** A rubric has enough that must be said, and what its answer stands on is what the simulator observes with every seed. */
export function examineInterviews(content: Content): Examined[] {
  return [...content.interviews.values()].flatMap(({ id, points, claims }) => {
    const ids = new Set(points.map((point) => point.id));
    const musts = points.filter(({ kind }) => kind === 'must').length;
    return [
      examine(
        `interview ${id}: points`,
        ids.size < points.length
          ? 'two points have the same id'
          : musts < 3
            ? 'fewer than three points must be said'
            : undefined,
      ),
      ...claims.flatMap(({ scenario: place, from, url, observe, equals }) => {
        const [lesson = '', name = ''] = place.split('/');
        const scenario = content.lessons.get(lesson)?.scenarios.get(name);
        if (scenario === undefined) return [examine(`interview ${id}`, `no scenario ${place}`)];
        return SEEDS.map((seed) => {
          const observed = observeRequest(scenario, from, url, seed)[observe];
          return examine(
            `interview ${id}: ${observe} in ${place}, seed ${seed}`,
            matchesObserved(equals, observed)
              ? undefined
              : `claims ${equals}, the simulator observes ${observed ?? 'nothing'}`,
          );
        });
      }),
    ];
  });
}

/** Every exercise is broken at the start and whole after its solution, with every seed. */
export function examineExercises(content: Content): Examined[] {
  return [...content.exercises.values()].flatMap((exercise) =>
    SEEDS.slice(0, 2).flatMap((seed) => {
      const { start, solution, failedCommands } = proveExercise(exercise, seed);
      const failing = solution.findings.filter(({ passed }) => !passed);
      const name = `exercise ${exercise.slug}, seed ${seed}`;
      return [
        examine(
          `${name}: the start fails`,
          start.passed ? 'all checks pass before anything is done' : undefined,
        ),
        examine(
          `${name}: the solution passes`,
          solution.passed
            ? undefined
            : failing
                .map(
                  ({ title, observed, expected }) =>
                    `${title}: observed ${observed}, expected ${expected}`,
                )
                .join('; '),
        ),
        examine(
          `${name}: every command of the solution is understood`,
          failedCommands.length === 0 ? undefined : failedCommands.join('; '),
        ),
      ];
    }),
  );
}

/** What looks like a solution and opens too much, or repairs too little, does not pass. */
export function examineShortcuts(content: Content): Examined[] {
  return [...content.exercises.values()].flatMap((exercise) =>
    (exercise.solution.shortcuts ?? []).map(({ title, steps }) => {
      const { grade, failedCommands } = proveShortcut(exercise, steps);
      return examine(
        `exercise ${exercise.slug}: "${title}" is no solution`,
        failedCommands.length > 0
          ? failedCommands.join('; ')
          : grade.passed
            ? 'it passes all checks'
            : undefined,
      );
    }),
  );
}
