import { CodeText } from '#components/packet-trace/code-text.tsx';
import { CircleCheckIcon, CircleDashedIcon, CircleXIcon } from '#components/ui/icons.tsx';
import type { OptionFeedback, PublicItem, Verdict } from '#lib/quizzes/public-item.ts';
import { CONFIDENCE_WORDS } from './confidence-choice.tsx';

interface FeedbackProps {
  readonly item: PublicItem;
  readonly verdict: Verdict;
}

const stateOf = ({ isRight, isChosen }: OptionFeedback) =>
  isRight ? 'right' : isChosen ? 'wrong' : 'rest';

function tagOf(option: OptionFeedback, verdict: Verdict): string {
  const yours = `your answer, ${CONFIDENCE_WORDS[verdict.confidence].toLowerCase()}`;
  if (option.isRight) return option.isChosen ? `Right, ${yours}` : 'Right';
  return option.isChosen ? `Y${yours.slice(1)}` : '';
}

function StateIcon({ state }: { readonly state: ReturnType<typeof stateOf> }) {
  if (state === 'right') return <CircleCheckIcon size={18} />;
  return state === 'wrong' ? <CircleXIcon size={18} /> : <CircleDashedIcon size={18} />;
}

/** Every option after the answer, each with its reason; of an order, the steps as they belong. */
export function Feedback({ item, verdict }: FeedbackProps) {
  const textOf = new Map(item.options.map(({ id, text }) => [id, text]));
  const isOrder = item.type === 'order';
  const shown = isOrder
    ? verdict.options
    : item.options.flatMap(({ id }) => verdict.options.filter((option) => option.id === id));
  return (
    <ol className="feedback">
      {shown.map((option) => {
        const state = stateOf(option);
        const given = verdict.chosen.indexOf(option.id) + 1;
        return (
          <li key={option.id} className={`opt ${state}`}>
            <StateIcon state={state} />
            <span>
              {isOrder && `${option.position}. `}
              <CodeText text={textOf.get(option.id) ?? ''} />
            </span>
            <span className="tag">
              {isOrder
                ? option.isRight
                  ? 'Right'
                  : `You had it at ${given}`
                : tagOf(option, verdict)}
            </span>
            <span className="why">
              <CodeText text={option.why} />
              {option.belief !== undefined && option.isChosen && !option.isRight && (
                <span className="belief">
                  The belief behind it: “<CodeText text={option.belief} />”
                </span>
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
