import type { LintFinding } from './lint-finding.ts';
import { nameOf } from './say.ts';

/** Findings as text: one paragraph each, and how many there are. */
export function printFindings(findings: readonly LintFinding[]): string {
  const paragraphs = findings.map(({ severity, policy, check, path, sentence, why }) => {
    const place = path === '' ? '' : `  ${path}`;
    return `${severity}: ${nameOf(policy)}${place}  (${check})\n  ${sentence}\n  ${why}\n`;
  });
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  const notes = findings.length - warnings;
  const total = `${warnings} warning${warnings === 1 ? '' : 's'}, ${notes} note${notes === 1 ? '' : 's'}`;
  return [...paragraphs, `${total}\n`].join('\n').replaceAll('`', '');
}
