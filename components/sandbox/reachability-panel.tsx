'use client';

import { useEffect, useRef, useState } from 'react';
import type { ColumnPort, ObjectRef, ReachabilityView } from '#lib/simulator/index.ts';
import type { Moment, PolicyAnswer } from '#lib/sandbox/policy-protocol.ts';
import { InfoIcon, WarningIcon } from '#components/ui/icons.tsx';
import { CodeText } from '#components/packet-trace/code-text.tsx';
import { CellAccount } from './cell-account.tsx';
import { ReachabilityFocus } from './reachability-focus.tsx';
import { ReachabilityGrid } from './reachability-grid.tsx';
import {
  cellText,
  changesByCell,
  namedCells,
  pairWords,
  portText,
  type NamedCell,
} from './reachability-words.ts';
import type { SandboxSession } from './use-sandbox.ts';
import './reachability.css';

type Answer = Extract<PolicyAnswer, { type: 'reachability' }>;
type Since = 'nothing' | Moment;

export interface ReachabilityPanelProps {
  readonly session: SandboxSession;
  /** Grows with everything that happens: the picture is asked for again. */
  readonly moment: number;
  readonly findings: 'shown' | 'withheld';
  readonly onSend: (from: string, to: string) => void;
  readonly onOpenObject: (ref: ObjectRef) => void;
}

/** Below this width one workload is looked at alone. */
const NARROW = '(max-width: 799px)';

const COMPARISONS: readonly (readonly [Since, string])[] = [
  ['nothing', 'Now'],
  ['last-change', 'Since the last change'],
  ['start', 'Since the start'],
];

/** Who reaches whom by policies, asked again after everything that happens; the last answer stays until the next. */
function useReachability(session: SandboxSession, moment: number, port: string, since: Since) {
  const [answer, setAnswer] = useState<Answer>();
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    let isWanted = true;
    const asked = parsePort(port);
    void session
      .askPolicies({
        type: 'reachability',
        ...(asked ? { port: asked } : {}),
        ...(since === 'nothing' ? {} : { since }),
      })
      .then((reply) => {
        if (!isWanted) return;
        if ('fault' in reply) return setFault(reply.fault);
        if (reply.type !== 'reachability') return;
        setFault(undefined);
        setAnswer(reply);
      });
    return () => {
      isWanted = false;
    };
  }, [session, moment, port, since]);
  return { answer, fault };
}

/** `TCP 8080` as a port; undefined for the ports that pods declare. */
function parsePort(text: string): ColumnPort | undefined {
  const match = /^(TCP|UDP|SCTP) (\d+)$/.exec(text);
  return match
    ? { protocol: match[1] as ColumnPort['protocol'], port: Number(match[2]) }
    : undefined;
}

/** The matrix of the sandbox: what policies leave of every pair, what changed, and why. */
export function ReachabilityPanel({
  session,
  moment,
  findings,
  onSend,
  onOpenObject,
}: ReachabilityPanelProps) {
  const [port, setPort] = useState('');
  const [since, setSince] = useState<Since>('last-change');
  const [focus, setFocus] = useState<string>();
  const [isNarrow] = useState(() => window.matchMedia(NARROW).matches);
  const [chosen, setChosen] = useState<NamedCell>();
  const { answer, fault } = useReachability(session, moment, port, since);
  const why = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a phone the account stands below the list.
    if (isNarrow && chosen) why.current?.scrollIntoView({ block: 'nearest' });
  }, [isNarrow, chosen]);
  if (!answer)
    return (
      <p className="small dim objects-none" role="status">
        {fault ?? 'Asking every policy about every pair.'}
      </p>
    );
  const { view, ports, change } = answer;
  const rowIds = view.rows.flatMap((index) => view.ends[index]?.id ?? []);
  const wanted = focus ?? (isNarrow ? rowIds[0] : '') ?? '';
  const about = rowIds.includes(wanted) ? wanted : '';
  const changes = changesByCell(change);
  const chosenText = chosen && cellText(chosen.key);
  const stillThere = namedCells(view)
    .flat()
    .find(({ key }) => cellText(key) === chosenText);
  return (
    <div className="reach-panel">
      <div className="reach-main">
        <div className="row wrap reach-tools">
          <label>
            Port
            <select
              className="input"
              value={port}
              onChange={(event) => setPort(event.target.value)}
            >
              <option value="">declared ports</option>
              {ports.map((each) => (
                <option key={portText(each)}>{portText(each)}</option>
              ))}
            </select>
          </label>
          <label>
            About
            <select
              className="input"
              value={about}
              onChange={(event) => setFocus(event.target.value)}
            >
              <option value="">everybody</option>
              {rowIds.map((id) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
          <SinceChoice since={since} onChange={setSince} />
        </div>
        <Enforcement view={view} />
        {since !== 'nothing' && <Changes answer={answer} />}
        {about === '' ? (
          <div className="reach-scroll" tabIndex={0} role="group" aria-label="Matrix, scrolls">
            <ReachabilityGrid
              view={view}
              changes={changes}
              chosen={chosenText}
              onChoose={setChosen}
            />
          </div>
        ) : (
          <ReachabilityFocus
            view={view}
            focus={about}
            changes={changes}
            chosen={chosenText}
            onChoose={setChosen}
          />
        )}
        <Legend hasChanges={since !== 'nothing'} />
        <p className="xs dim">
          Policies alone decide here: whether a route leads there and somebody listens does not
          count.
        </p>
        {view.leftOut.length > 0 && (
          <p className="xs dim">Not in the table: {view.leftOut.join(', ')}.</p>
        )}
        {findings === 'shown' && (
          <Findings findings={answer.findings} onOpenObject={onOpenObject} />
        )}
      </div>
      <div className="reach-why" aria-live="polite" ref={why}>
        {stillThere ? (
          <CellAccount
            session={session}
            moment={moment}
            cell={stillThere}
            onSend={onSend}
            onOpenObject={onOpenObject}
          />
        ) : (
          <p className="small dim">Choose a cell to read what every policy says to that pair.</p>
        )}
      </div>
    </div>
  );
}

function SinceChoice({
  since,
  onChange,
}: {
  readonly since: Since;
  readonly onChange: (since: Since) => void;
}) {
  return (
    <div className="seg" role="group" aria-label="Compare">
      {COMPARISONS.map(([id, word]) => (
        <button
          key={id}
          type="button"
          className={id === since ? 'sel' : undefined}
          aria-pressed={id === since}
          onClick={() => onChange(id)}
        >
          {word}
        </button>
      ))}
    </div>
  );
}

/** Whether what the table says is what happens. */
function Enforcement({ view: { enforcement } }: { readonly view: ReachabilityView }) {
  if (enforcement.where === 'no-policies')
    return <p className="small">There is no policy: everybody reaches everybody.</p>;
  return enforcement.sentence === undefined ? null : (
    <p className="small says problem" role="status">
      {enforcement.sentence}
    </p>
  );
}

const MOST_NAMED = 6;

/** What became reachable and what no longer is, as a list before the table. */
function Changes({ answer: { change } }: { readonly answer: Answer }) {
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

function Legend({ hasChanges }: { readonly hasChanges: boolean }) {
  return (
    <p className="reach-legend xs dim" aria-hidden="true">
      <span className="mxc ok">✓</span> gets through <span className="mxc no">–</span> does not{' '}
      <span className="mxc self">·</span> itself
      {hasChanges && (
        <>
          {' '}
          <span className="mxc ok gained">+</span> gained <span className="mxc no lost">−</span>{' '}
          lost
        </>
      )}
    </p>
  );
}

function Findings({
  findings,
  onOpenObject,
}: {
  readonly findings: Answer['findings'];
  readonly onOpenObject: (ref: ObjectRef) => void;
}) {
  if (findings.length === 0) return null;
  return (
    <section className="reach-findings">
      <h3>Worth a second look</h3>
      <ul>
        {findings.map(({ policy, check, severity, path, sentence, why }) => (
          <li key={`${check} ${policy.namespace ?? ''}/${policy.name} ${path}`} className="small">
            {severity === 'warning' ? <WarningIcon size={14} /> : <InfoIcon size={14} />}
            <div>
              <span className="vh">{severity}: </span>
              <button
                type="button"
                className="link-button mono"
                onClick={() => onOpenObject(policy)}
              >
                {policy.kind} {policy.namespace === undefined ? '' : `${policy.namespace}/`}
                {policy.name}
              </button>{' '}
              <code className="dim">{path}</code>
              <p>
                <CodeText text={sentence} />
              </p>
              <p className="dim">
                <CodeText text={why} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
