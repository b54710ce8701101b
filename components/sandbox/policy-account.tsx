'use client';

import type {
  DirectionVerdict,
  ObjectRef,
  PolicyFinding,
  PolicyWord,
} from '#lib/simulator/index.ts';
import type { ToldConnection } from '#lib/sandbox/policy-protocol.ts';
import { CodeText } from '#components/packet-trace/code-text.tsx';
import {
  ChevronRightIcon,
  MinusIcon,
  QuestionIcon,
  ShieldCheckIcon,
  ShieldXIcon,
  type IconComponent,
} from '#components/ui/icons.tsx';
import './reachability.css';

const GLYPHS: Readonly<Record<PolicyWord, IconComponent>> = {
  Admits: ShieldCheckIcon,
  Allow: ShieldCheckIcon,
  Accept: ShieldCheckIcon,
  'Does not admit': ShieldXIcon,
  Deny: ShieldXIcon,
  Pass: ChevronRightIcon,
  'Not applicable': MinusIcon,
  'No match': MinusIcon,
  Undecidable: QuestionIcon,
};

/** Words without weight in the outcome recede. */
const isQuiet = (word: PolicyWord) => word === 'Not applicable' || word === 'No match';

/** A policy's word with its glyph. */
function PolicyWordTag({ word }: { readonly word: PolicyWord }) {
  const Glyph = GLYPHS[word];
  return (
    <span className={`lt ${isQuiet(word) ? 'L-node' : 'L-policy'}`}>
      <Glyph size={12} />
      {word}
    </span>
  );
}

const OUTCOMES: Readonly<Record<DirectionVerdict['outcome'], string>> = {
  admitted: 'passes',
  'not-admitted': 'does not pass',
  undecidable: 'cannot be decided',
};

const nameOf = ({ namespace, name }: PolicyFinding['policy']) =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** Counted from 1 as people do; the path counts from 0. */
const placeOf = ({ rule, peer, port }: PolicyFinding): string =>
  [
    rule && `rule ${rule.index + 1}${rule.name === undefined ? '' : ` “${rule.name}”`}`,
    peer && `peer ${peer.index + 1}`,
    port && `port ${port.index + 1}`,
  ]
    .filter(Boolean)
    .join(', ');

/** Why no rule counts, rule by rule. */
const missesOf = ({ misses }: PolicyFinding): string =>
  misses
    .map(
      ({ rule, because }) =>
        `rule ${rule.index + 1}: no ${because === 'no-peer' ? 'peer' : 'port'} of it matches`,
    )
    .join('; ');

interface PolicyAccountProps {
  readonly judged: ToldConnection;
  /** The direction to show first and open; the other is there too. */
  readonly direction?: 'ingress' | 'egress' | undefined;
  readonly onOpenObject?: ((ref: ObjectRef) => void) | undefined;
}

/** The whole account of one connection: both directions, and every policy that selects the pod with its word. */
export function PolicyAccount({ judged, direction, onOpenObject }: PolicyAccountProps) {
  const { from, to, verdict, told } = judged;
  const order =
    direction === 'ingress' ? (['ingress', 'egress'] as const) : (['egress', 'ingress'] as const);
  return (
    <div className="account">
      <p className="small">
        <CodeText text={told.connection} />
      </p>
      {order.map((each) => (
        <Direction
          key={each}
          verdict={verdict[each]}
          why={told[each]}
          whose={each === 'egress' ? from : to}
          onOpenObject={onOpenObject}
        />
      ))}
    </div>
  );
}

function Direction({
  verdict,
  why,
  whose,
  onOpenObject,
}: {
  readonly verdict: DirectionVerdict;
  readonly why: string;
  readonly whose: string;
  readonly onOpenObject: PolicyAccountProps['onOpenObject'];
}) {
  const { direction, outcome, policies } = verdict;
  return (
    <section className={`account-dir ${outcome}`}>
      <h3>
        {direction === 'egress' ? 'Egress of' : 'Ingress to'} <code>{whose}</code>{' '}
        <span>{OUTCOMES[outcome]}</span>
      </h3>
      <p className="small dim">
        <CodeText text={why} />
      </p>
      {policies.length > 0 && (
        <ul className="account-policies">
          {policies.map((finding) => (
            <Finding
              key={`${finding.policy.kind} ${nameOf(finding.policy)}`}
              finding={finding}
              onOpenObject={onOpenObject}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Finding({
  finding,
  onOpenObject,
}: {
  readonly finding: PolicyFinding;
  readonly onOpenObject: PolicyAccountProps['onOpenObject'];
}) {
  const { policy, word, rule, peer, isDeciding } = finding;
  const name = `${policy.kind} ${nameOf(policy)}`;
  const path = (peer ?? rule)?.path;
  const place = placeOf(finding);
  const misses = missesOf(finding);
  return (
    <li className={isDeciding ? 'is-deciding' : undefined}>
      <PolicyWordTag word={word} />
      <span className="what">
        {onOpenObject ? (
          <button type="button" className="link-button mono" onClick={() => onOpenObject(policy)}>
            {name}
          </button>
        ) : (
          <code>{name}</code>
        )}
        {place !== '' && <>, {place}</>}
        {path !== undefined && (
          <>
            {' '}
            <code className="dim">{path}</code>
          </>
        )}
        {misses !== '' && <span className="xs dim misses">{misses}</span>}
        {isDeciding && <span className="vh"> (decides)</span>}
      </span>
    </li>
  );
}
