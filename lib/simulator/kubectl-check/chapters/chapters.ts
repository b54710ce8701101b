import type { Chapter } from '../kubectl-case.ts';
import { ACCESS } from './access.ts';
import { CONTAINERS } from './containers.ts';
import { NODES } from './nodes.ts';
import { OWNERSHIP } from './ownership.ts';
import { POLICIES } from './policies.ts';
import { POLICY_WORDS } from './policy-words.ts';
import { POLICY_WRITES } from './policy-writes.ts';
import { READING } from './reading.ts';
import { ROLLOUTS } from './rollouts.ts';
import { WRITING } from './writing.ts';

/** The whole table, in the order in which it is run. */
export const CHAPTERS: readonly Chapter[] = [
  READING,
  WRITING,
  OWNERSHIP,
  ROLLOUTS,
  CONTAINERS,
  NODES,
  ACCESS,
  POLICIES,
  POLICY_WORDS,
  POLICY_WRITES,
];
