import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import type { Lesson, PlacedItem } from '#lib/content/content.ts';
import type { FigureData } from '#lib/content/figure-data.ts';
import { makeCluster, makeFigure, makeReachability } from '#lib/content/figure.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { db } from '#lib/db/client.server.ts';
import { loadVerdicts } from './load-verdicts.server.ts';
import {
  figureKey,
  tableKey,
  type FigureView,
  type LessonView,
  type TableView,
} from './lesson-view.ts';
import type { Verdict } from './public-item.ts';
import { publishItem } from './publish-item.ts';

interface Standing {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly isFinished: boolean;
  readonly isKnown: boolean;
}

async function readStanding(viewer: Viewer, lesson: Lesson): Promise<Standing> {
  if (viewer.kind === 'none' || !authorize(viewer, 'progress:read', { ownerId: viewer.id }))
    return { verdicts: new Map(), isFinished: false, isKnown: true };
  try {
    const [verdicts, progress] = await Promise.all([
      loadVerdicts(viewer, lesson.items),
      db().lessonProgress.findUnique({
        where: { userId_lessonId: { userId: viewer.id, lessonId: lesson.slug } },
        select: { finishedAt: true },
      }),
    ]);
    return { verdicts, isFinished: (progress?.finishedAt ?? null) !== null, isKnown: true };
  } catch {
    // The database is away: a lesson can be read all the same.
    return { verdicts: new Map(), isFinished: false, isKnown: false };
  }
}

/**
 * Everything that a lesson's page shows to this viewer. A figure that waits for a prediction gets its cluster alone
 * until the answer is recorded, or until the reader chose to look (`looked`, from the address).
 */
export async function openLesson(
  viewer: Viewer,
  slug: string,
  looked: readonly string[],
): Promise<LessonView | undefined> {
  const lesson = (await loadContent()).lessons.get(slug);
  if (lesson === undefined) return undefined;
  const { verdicts, isFinished, isKnown } = await readStanding(viewer, lesson);
  const figures = new Map<string, FigureView>();
  for (const { name, attributes } of lesson.page.outline.elements) {
    if (name !== 'Figure') continue;
    const { scenario: scenarioName = '', from = '', url = '', after } = attributes;
    const scenario = lesson.scenarios.get(scenarioName);
    if (scenario === undefined) continue;
    figures.set(
      figureKey(scenarioName, from, url),
      viewFigure({ scenario, from, url, after, verdicts, looked }),
    );
  }
  const tables = viewTables(lesson, verdicts, looked);
  const questions = new Map(
    lesson.items.map((placed) => {
      const verdict = verdicts.get(placed.item.id);
      return [
        placed.item.id,
        { item: publishItem(placed), ...(verdict === undefined ? {} : { verdict }) },
      ] as const;
    }),
  );
  return { lesson, figures, tables, questions, isFinished, isProgressKnown: isKnown };
}

/** Every table of who reaches whom; one that waits for a prediction holds nothing. */
function viewTables(
  lesson: Lesson,
  verdicts: ReadonlyMap<string, Verdict>,
  looked: readonly string[],
): ReadonlyMap<string, TableView> {
  const tables = new Map<string, TableView>();
  for (const { name, attributes } of lesson.page.outline.elements) {
    const scenario = lesson.scenarios.get(attributes['scenario'] ?? '');
    if (name !== 'Reachability' || scenario === undefined) continue;
    const after = attributes['after'];
    const isWaiting = after !== undefined && !verdicts.has(after) && !looked.includes(after);
    tables.set(
      tableKey(attributes),
      isWaiting
        ? { type: 'waiting', question: after }
        : { type: 'shown', table: makeReachability(scenario, attributes) },
    );
  }
  return tables;
}

interface FigureRequest {
  readonly scenario: NonNullable<PlacedItem['scenario']>;
  readonly from: string;
  readonly url: string;
  /** The question that the figure waits for. */
  readonly after: string | undefined;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly looked: readonly string[];
}

function viewFigure({ scenario, from, url, after, verdicts, looked }: FigureRequest): FigureView {
  const verdict = after === undefined ? undefined : verdicts.get(after);
  if (after !== undefined && verdict === undefined && !looked.includes(after))
    return { type: 'waiting', topology: makeCluster(scenario), question: after };
  const figure = makeFigure(scenario, from, url);
  return { type: 'shown', figure, startAt: verdict?.isCorrect === false ? findTurn(figure) : 1 };
}

/** The hop that decided: the first that rewrote the request's destination, or else the last of its way. */
function findTurn({ trace }: FigureData): number {
  const way = trace.hops.filter(
    ({ direction, layer }) => direction === 'request' && layer !== 'dns',
  );
  const turn = way.find(
    ({ before, after }) => before.destination.address !== after.destination.address,
  );
  return (turn ?? way.at(-1))?.number ?? 1;
}
