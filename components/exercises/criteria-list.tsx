import type { ExerciseVerdict } from '#lib/exercises/submission.ts';
import { CodeText } from '#components/packet-trace/code-text.tsx';
import { CircleCheckIcon, CircleDashedIcon, CircleXIcon } from '#components/ui/icons.tsx';

interface CriteriaListProps {
  readonly criteria: readonly string[];
  readonly verdict: ExerciseVerdict | undefined;
}

/** What must be true, and after a check what was seen. The first that does not hold stands out. */
export function CriteriaList({ criteria, verdict }: CriteriaListProps) {
  const firstFailure = verdict?.findings.findIndex(({ passed }) => !passed) ?? -1;
  return (
    <ol className="criteria">
      {criteria.map((title, at) => {
        const finding = verdict?.findings[at];
        if (!finding)
          return (
            <li key={title}>
              <span className="criterion-icon">
                <CircleDashedIcon size={18} />
              </span>
              <b>
                <CodeText text={title} />
              </b>
            </li>
          );
        const state = finding.passed ? 'ok' : at === firstFailure ? 'bad first' : 'bad';
        return (
          <li key={title} className={state}>
            <span className="criterion-icon">
              {finding.passed ? <CircleCheckIcon size={18} /> : <CircleXIcon size={18} />}
              <span className="vh">{finding.passed ? 'Holds: ' : 'Does not hold: '}</span>
            </span>
            <div>
              <b>
                <CodeText text={title} />
              </b>
              <div className="observed">
                observed <code>{finding.observed}</code>
                {!finding.passed && (
                  <>
                    , expected <code>{finding.expected}</code>
                  </>
                )}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
