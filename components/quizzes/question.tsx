'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { Confidence, Setting } from '#lib/review/evidence.ts';
import type { PublicItem, Submission, Verdict } from '#lib/quizzes/public-item.ts';
import { sendAttempt, type Owner, type Sending } from './attempt-queue.ts';
import { ConfidenceChoice } from './confidence-choice.tsx';
import { Feedback } from './feedback.tsx';
import { OptionList } from './option-list.tsx';
import { Stem } from './stem.tsx';
import './quizzes.css';

export interface QuestionProps {
  readonly item: PublicItem;
  /** The answer that was recorded before, when there is one. */
  readonly verdict?: Verdict | undefined;
  readonly setting: Setting;
  readonly owner: Owner;
  /** `Predict first`, `Check yourself`. */
  readonly caption: string;
  /** `2 of 8`. */
  readonly note?: string;
  /** The page shows more once this is answered: it is asked for again. */
  readonly afterwards?: 'stay' | 'refresh';
  readonly onAnswered?: (verdict: Verdict) => void;
  /** Buttons beside the verdict: next, see it. */
  readonly actions?: ReactNode;
}

type State =
  | { readonly type: 'asking'; readonly problem?: string }
  | { readonly type: 'sending'; readonly state: Sending }
  | { readonly type: 'answered'; readonly verdict: Verdict };

/** One question: answer with confidence, then a reason for every option. What is answered survives a lost network. */
export function Question(props: QuestionProps) {
  const { item, setting, owner, caption, note } = props;
  const router = useRouter();
  const name = useId();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [confidence, setConfidence] = useState<Confidence>();
  const [state, setState] = useState<State>(
    props.verdict ? { type: 'answered', verdict: props.verdict } : { type: 'asking' },
  );
  const status = useRef<HTMLParagraphElement>(null);
  const justAnswered = useRef(false);
  useEffect(() => {
    if (state.type === 'answered' && justAnswered.current) status.current?.focus();
  }, [state]);

  async function check() {
    const answer =
      item.type === 'order' && chosen.length === 0 ? item.options.map(({ id }) => id) : chosen;
    if (answer.length === 0)
      return setState({ type: 'asking', problem: 'Choose an answer first.' });
    if (confidence === undefined)
      return setState({
        type: 'asking',
        problem: 'Say how sure you are: guess, fairly or certain.',
      });
    const submission: Submission = {
      key: crypto.randomUUID(),
      itemId: item.id,
      revision: item.revision,
      chosen: answer,
      confidence,
      setting,
      ...(item.seed === undefined ? {} : { seed: item.seed }),
    };
    const outcome = await sendAttempt<{ verdict: Verdict }>(
      '/api/attempts',
      submission,
      owner,
      (sending) => setState({ type: 'sending', state: sending }),
    );
    if (outcome.type === 'refused') return setState({ type: 'asking', problem: outcome.problem });
    const { verdict } = outcome.data;
    justAnswered.current = true;
    setState({ type: 'answered', verdict });
    props.onAnswered?.(verdict);
    if (props.afterwards === 'refresh') router.refresh();
  }

  return (
    <section
      className={item.isPrediction ? 'question predict' : 'question'}
      aria-label={caption}
      id={item.id}
    >
      <header className="row">
        <span className="cap">{caption}</span>
        <span className="plate end">{item.isPrediction ? 'not scored' : note}</span>
      </header>
      <Stem text={item.stem} code={item.code} />
      {state.type === 'answered' ? (
        <>
          <p className="small verdict-line" role="status" tabIndex={-1} ref={status}>
            {sayVerdict(state.verdict)}
          </p>
          <Feedback item={item} verdict={state.verdict} />
          <div className="row wrap question-foot">
            {props.actions}
            <button
              type="button"
              className="btn sm quiet end"
              onClick={() => {
                justAnswered.current = false;
                setChosen([]);
                setConfidence(undefined);
                setState({ type: 'asking' });
              }}
            >
              Answer again
            </button>
          </div>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (state.type === 'asking') void check();
          }}
        >
          <OptionList item={item} name={`${name}-option`} chosen={chosen} onChange={setChosen} />
          <div className="row wrap question-foot">
            <ConfidenceChoice name={`${name}-sure`} value={confidence} onChange={setConfidence} />
            <button type="submit" className="btn primary end">
              {item.isPrediction ? 'Predict' : 'Check'}
            </button>
          </div>
          <p className="small question-note" role="status">
            {state.type === 'sending' ? saySending(state.state) : state.problem}
          </p>
          <noscript>
            <p className="small dim">
              Answering needs JavaScript. Everything else can be read without.
            </p>
          </noscript>
        </form>
      )}
    </section>
  );
}

function saySending(state: Sending): string {
  return state === 'sending'
    ? 'Sending…'
    : 'Kept in this browser. It is sent as soon as the server answers; you can go on reading.';
}

function sayVerdict({ isCorrect, isCounted, observed, score }: Verdict): string {
  const seen = observed === undefined ? '' : ` The simulator observed: ${observed}.`;
  if (!isCounted)
    return `${isCorrect ? 'As you predicted.' : 'Not as you predicted.'}${seen} Predictions are not scored.`;
  if (isCorrect) return `Right.${seen}`;
  return score > 0
    ? `Not quite: ${Math.round(score * 100)} % of it is right.${seen}`
    : `Not right.${seen}`;
}
