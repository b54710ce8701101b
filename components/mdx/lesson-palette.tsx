import type { ComponentType, ReactNode } from 'react';
import { ownerOf } from '#components/quizzes/owner-of.ts';
import { Question } from '#components/quizzes/question.tsx';
import type { Viewer } from '#lib/auth/viewer.ts';
import type { PaletteElement } from '#lib/content/mdx-palette.ts';
import { figureKey, tableKey, type LessonView } from '#lib/quizzes/lesson-view.ts';
import { Callout } from './callout.tsx';
import { LessonFigure } from './lesson-figure.tsx';
import { LessonReachability } from './lesson-reachability.tsx';
import './mdx.css';

interface FigureAttributes {
  readonly scenario: string;
  readonly from: string;
  readonly url: string;
  readonly title: string;
}
interface ReachabilityAttributes {
  readonly scenario: string;
  readonly title: string;
  readonly focus?: string;
  readonly namespaces?: string;
  readonly port?: string;
}
interface QuestionAttributes {
  readonly id: string;
  readonly purpose: 'predict' | 'check' | 'faded';
}
type WithChildren = { readonly children?: ReactNode };

const CAPTIONS: Readonly<Record<QuestionAttributes['purpose'], string>> = {
  predict: 'Predict first',
  check: 'Check yourself',
  faded: 'Now you',
};

function Scene({ children }: WithChildren) {
  return <section className="scene">{children}</section>;
}
/** Decided by the simulator whenever content is checked; to a reader it is a sentence. */
function Claim({ children }: WithChildren) {
  return <span className="claim">{children}</span>;
}
function Worked({ title, children }: WithChildren & { readonly title: string }) {
  return (
    <div className="worked">
      <h3>{title}</h3>
      {children}
    </div>
  );
}
function Term({ children }: WithChildren) {
  return <>{children}</>;
}
const Table = (props: React.ComponentProps<'table'>) => (
  <div className="table-scroll" tabIndex={0} role="group" aria-label="Table, scrolls sideways">
    <table {...props} />
  </div>
);

type Palette = Readonly<Record<PaletteElement | 'table' | 'pre', ComponentType<never>>>;

const Pre = (props: React.ComponentProps<'pre'>) => (
  <pre {...props} className="code prose-code" tabIndex={0} />
);

/** What the words of the palette mean in one lesson, for one viewer. */
export function lessonPalette(view: LessonView, viewer: Viewer): Palette {
  const owner = ownerOf(viewer);
  const figures = view.lesson.page.outline.elements.filter(({ name }) => name === 'Figure');
  const waitedFor = new Set(
    view.lesson.page.outline.elements.flatMap(({ attributes }) => attributes['after'] ?? []),
  );
  return {
    Scene,
    Claim,
    Worked,
    Term,
    Callout,
    table: Table,
    pre: Pre,
    Figure({ scenario, from, url, title }: FigureAttributes) {
      const key = figureKey(scenario, from, url);
      const figure = view.figures.get(key);
      if (figure === undefined) return null;
      const place = figures.findIndex(
        ({ attributes: its }) =>
          its['title'] === title &&
          figureKey(its['scenario'] ?? '', its['from'] ?? '', its['url'] ?? '') === key,
      );
      const label = `Figure ${view.lesson.number}.${place + 1}`;
      return (
        <div className="scene-figure">
          <LessonFigure view={figure} label={label} title={title} />
        </div>
      );
    },
    Reachability(attributes: ReachabilityAttributes) {
      const table = view.tables.get(tableKey({ ...attributes }));
      return (
        table && (
          <LessonReachability view={table} title={attributes.title} focus={attributes.focus} />
        )
      );
    },
    Question({ id, purpose }: QuestionAttributes) {
      const question = view.questions.get(id);
      if (question === undefined) return null;
      return (
        <Question
          {...question}
          setting="lesson"
          owner={owner}
          caption={CAPTIONS[purpose]}
          afterwards={waitedFor.has(id) ? 'refresh' : 'stay'}
        />
      );
    },
  };
}
