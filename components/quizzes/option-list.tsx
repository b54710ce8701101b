import { CodeText } from '#components/packet-trace/code-text.tsx';
import type { PublicItem } from '#lib/quizzes/public-item.ts';

interface OptionListProps {
  readonly item: PublicItem;
  readonly name: string;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** The options while one still chooses: native radios or boxes, or steps with buttons that move them. */
export function OptionList({ item, name, chosen, onChange }: OptionListProps) {
  if (item.type === 'order') return <StepList item={item} chosen={chosen} onChange={onChange} />;
  const isMultiple = item.type === 'multiple';
  const toggle = (id: string) =>
    chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id];
  return (
    <fieldset>
      <legend className="vh">{isMultiple ? 'Choose all that apply' : 'Choose one'}</legend>
      {item.options.map(({ id, text }) => {
        const isChosen = chosen.includes(id);
        return (
          <label key={id} className={`opt${isChosen ? ' sel' : ''}`}>
            <input
              className={isMultiple ? 'radio box' : 'radio'}
              type={isMultiple ? 'checkbox' : 'radio'}
              name={name}
              checked={isChosen}
              onChange={() => onChange(isMultiple ? toggle(id) : [id])}
            />
            <span>
              <CodeText text={text} />
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

type StepListProps = Pick<OptionListProps, 'item' | 'chosen' | 'onChange'>;

function StepList({ item, chosen, onChange }: StepListProps) {
  const ids = chosen.length > 0 ? chosen : item.options.map(({ id }) => id);
  const textOf = new Map(item.options.map(({ id, text }) => [id, text]));
  const move = (at: number, by: -1 | 1) => {
    const next = [...ids];
    const [moved] = next.splice(at, 1);
    if (moved !== undefined) next.splice(at + by, 0, moved);
    onChange(next);
  };
  return (
    <ol className="steps" aria-label="Steps, first at the top">
      {ids.map((id, at) => (
        <li key={id} className="opt step">
          <span className="step-no">{at + 1}</span>
          <span>
            <CodeText text={textOf.get(id) ?? ''} />
          </span>
          <span className="row nowrap">
            <button
              type="button"
              className="btn sm"
              disabled={at === 0}
              aria-label={`Move up: ${textOf.get(id)}`}
              onClick={() => move(at, -1)}
            >
              Up
            </button>
            <button
              type="button"
              className="btn sm"
              disabled={at === ids.length - 1}
              aria-label={`Move down: ${textOf.get(id)}`}
              onClick={() => move(at, 1)}
            >
              Down
            </button>
          </span>
        </li>
      ))}
    </ol>
  );
}
