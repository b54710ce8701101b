import { CONFIDENCES, type Confidence } from '#lib/review/evidence.ts';

export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  GUESS: 'Guess',
  FAIRLY: 'Fairly',
  CERTAIN: 'Certain',
};

interface ConfidenceChoiceProps {
  readonly name: string;
  readonly value: Confidence | undefined;
  readonly onChange: (value: Confidence) => void;
}

/** How sure somebody is: native radios that look like one segmented button. */
export function ConfidenceChoice({ name, value, onChange }: ConfidenceChoiceProps) {
  return (
    <fieldset className="row wrap confidence">
      <legend className="vh">How sure are you?</legend>
      <span className="small dim" aria-hidden="true">
        How sure?
      </span>
      <span className="seg">
        {CONFIDENCES.map((each) => (
          <label key={each} className={each === value ? 'sel' : undefined}>
            <input
              className="vh"
              type="radio"
              name={name}
              checked={each === value}
              onChange={() => onChange(each)}
            />
            {CONFIDENCE_WORDS[each]}
          </label>
        ))}
      </span>
    </fieldset>
  );
}
