import type { Chapter } from '../kubectl-case.ts';
import { READING } from './reading.ts';
import { CONTAINERS } from './containers.ts';

/** The whole table, in the order in which it is run. */
export const CHAPTERS: readonly Chapter[] = [READING, CONTAINERS];
