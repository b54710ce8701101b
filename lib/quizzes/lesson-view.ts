import type { Lesson } from '#lib/content/content.ts';
import type { FigureData, TableData } from '#lib/content/figure-data.ts';
import type { PublicItem, Verdict } from './public-item.ts';

/** A figure shows its packet, or waits for the learner's prediction with the cluster alone. */
export type FigureView =
  | {
      readonly type: 'shown';
      readonly figure: FigureData;
      /** The hop shown first, from 1: where the packet did otherwise than was predicted, or the beginning. */
      readonly startAt: number;
    }
  | {
      readonly type: 'waiting';
      readonly topology: FigureData['topology'];
      readonly question: string;
    };

/** A table of who reaches whom: shown, or waiting for an answer. */
export type TableView =
  | { readonly type: 'shown'; readonly table: TableData }
  | { readonly type: 'waiting'; readonly question: string };

export interface QuestionView {
  readonly item: PublicItem;
  readonly verdict?: Verdict;
}

/** What a lesson's page shows to one viewer. */
export interface LessonView {
  readonly lesson: Lesson;
  /** By `figureKey`. */
  readonly figures: ReadonlyMap<string, FigureView>;
  /** By `tableKey`. */
  readonly tables: ReadonlyMap<string, TableView>;
  readonly questions: ReadonlyMap<string, QuestionView>;
  readonly isFinished: boolean;
  /** False when the database could not be asked: the page can be read, and answers wait in the browser. */
  readonly isProgressKnown: boolean;
}

/** Names a figure by what it sends. */
export const figureKey = (scenario: string, from: string, url: string) =>
  `${scenario} ${from} ${url}`;

/** Names a table by what it asks for. */
export const tableKey = (attributes: Readonly<Record<string, string | undefined>>) =>
  ['scenario', 'focus', 'namespaces', 'port'].map((name) => attributes[name] ?? '').join('|');
