// `npm run content:check`: is everything that is taught well formed, connected and true?
import type { Content } from './content.ts';
import { examineTables } from './examine-tables.server.ts';
import {
  examineClaims,
  examineExercises,
  examineInterviews,
  examineLessons,
  examinePredictions,
  examineReferences,
  examineShortcuts,
  examineSkills,
  type Examined,
} from './find-content-problems.ts';
import { readContent } from './load-content.server.ts';

const PARTS: readonly (readonly [title: string, examine: (content: Content) => Examined[]])[] = [
  ['links and names', examineReferences],
  ['skills', examineSkills],
  ['shape of lessons', examineLessons],
  ['predictions decided by the simulator', examinePredictions],
  ['claims decided by the simulator', examineClaims],
  ['tables drawn', examineTables],
  ['interview questions proven', examineInterviews],
  ['exercises proven', examineExercises],
  ['shortcuts refused', examineShortcuts],
];

const { content, problems } = await readContent();
const { lessons, quizzes, exercises, glossary, interviews, items } = content;
console.log(
  `Read ${content.modules.length} modules, ${lessons.size} lessons, ${quizzes.size} quizzes, ${items.size} items, ${exercises.size} exercises, ${interviews.size} interview questions, ${glossary.size} glossary entries.`,
);
for (const problem of problems) console.log(`  failed  ${problem}`);
const files = lessons.size + quizzes.size + exercises.size + glossary.size + 1;
let passed = files;
let failed = problems.length;
console.log(`files read and compiled: ${files}, problems: ${problems.length}`);
for (const [title, examine] of PARTS) {
  const examined = examine(content);
  const wrong = examined.filter(({ problem }) => problem !== undefined);
  for (const { about, problem } of wrong) console.log(`  failed  ${about}: ${problem}`);
  console.log(`${title}: ${examined.length}, problems: ${wrong.length}`);
  passed += examined.length - wrong.length;
  failed += wrong.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
