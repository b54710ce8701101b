import { pairWords } from './reachability-words.ts';
import type { ReachabilityAnswer } from './use-reachability.ts';

const MOST_NAMED = 6;

/** What became reachable and what no longer is, as a list before the table. */
export function ReachabilityChanges({ change }: Pick<ReachabilityAnswer, 'change'>) {
  const { gained = [], lost = [] } = change ?? {};
  if (gained.length + lost.length === 0)
    return <p className="small dim">Nothing gained, nothing lost.</p>;
  return (
    <div className="reach-changes small" role="status">
      {(
        [
          ['gained', gained],
          ['lost', lost],
        ] as const
      ).map(
        ([word, keys]) =>
          keys.length > 0 && (
            <p key={word}>
              <b>
                {keys.length} {word}
              </b>
              : {keys.slice(0, MOST_NAMED).map(pairWords).join('; ')}
              {keys.length > MOST_NAMED && `; and ${keys.length - MOST_NAMED} more`}
            </p>
          ),
      )}
    </div>
  );
}
