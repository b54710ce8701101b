// Prints, as a JSON array, every text that nobody may see before an answer is recorded: e2e/answer-keys.spec.ts looks
// for them in every page, its data and its scripts.
import type { Content } from './content.ts';
import { loadContent } from './load-content.server.ts';

/** Shorter texts may occur anywhere by chance. */
const SHORTEST = 12;

function keysOf(content: Content): string[] {
  const texts: string[] = [];
  for (const { item } of content.items.values())
    for (const option of item.options) {
      texts.push(option.why);
      if (option.belief !== undefined) texts.push(option.belief);
    }
  for (const { solution } of content.exercises.values())
    for (const step of solution.steps)
      texts.push(step.because, 'command' in step ? step.command : step.apply);
  return texts;
}

/** Text as it appears in a page: between code marks, the longest stretch of plain words. */
function longestStretch(text: string): string {
  return text
    .split(/[`"“”'\n]/)
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

const keys = keysOf(await loadContent()).map(longestStretch);
console.log(
  JSON.stringify(
    [...new Set(keys)].filter((text) => text.length >= SHORTEST),
    null,
    1,
  ),
);
