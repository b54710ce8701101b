/** Splits a rule as iptables-save prints it, so that the comment recedes and the target speaks. */
export function splitRule(
  text: string,
): readonly { readonly part: string; readonly role: 'plain' | 'comment' | 'target' }[] {
  if (!text.startsWith('-A ')) return [{ part: text, role: 'plain' }];
  const parts: { part: string; role: 'plain' | 'comment' | 'target' }[] = [];
  const comment = /(?:-m comment )?--comment (?:"(?:[^"\\]|\\.)*"|\S+)/.exec(text);
  const commentEnd = comment ? comment.index + comment[0].length : 0;
  const targetIndex = text.indexOf(' -j ', commentEnd); // a comment may hold anything, ` -j ` too
  const targetAt = targetIndex < 0 ? text.length : targetIndex;
  const before = (from: number, to: number) => {
    if (to > from) parts.push({ part: text.slice(from, to), role: 'plain' });
  };
  if (comment) {
    before(0, comment.index);
    parts.push({ part: comment[0], role: 'comment' });
    before(commentEnd, targetAt);
  } else before(0, targetAt);
  if (targetIndex >= 0) parts.push({ part: text.slice(targetAt), role: 'target' });
  return parts;
}

interface RuleLineProps {
  readonly text: string;
  readonly isDeciding: boolean;
  /** Shown in front; absent when there is only one line. */
  readonly number?: number;
}

const CLASS_OF = { plain: undefined, comment: 'c', target: 'j' } as const;

/** One line as the real tool prints it; the deciding one carries the marker and says so. */
export function RuleLine({ text, isDeciding, number }: RuleLineProps) {
  return (
    <span className={isDeciding ? 'hl hit' : 'hl'}>
      {number !== undefined && <span className="ln">{number}</span>}
      {splitRule(text).map(({ part, role }, index) => (
        <span key={index} className={CLASS_OF[role]}>
          {part}
        </span>
      ))}
      {isDeciding && <span className="vh"> (this line decided)</span>}
    </span>
  );
}
