// Compiles all MDX into the cache before the server answers: the first reader waits for nothing.
import { readContent } from './load-content.server.ts';

const since = performance.now();
const { content, problems } = await readContent();
for (const problem of problems) console.error(problem);
const pages = content.lessons.size + 2 * content.exercises.size + content.glossary.size;
console.log(`${pages} pages of content ready in ${Math.round(performance.now() - since)} ms`);
process.exitCode = problems.length === 0 ? 0 : 1;
