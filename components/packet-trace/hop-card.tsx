import type { ReactNode } from 'react';
import type { Hop, ObjectRef } from '#lib/simulator/index.ts';
import { LinkIcon } from '#components/ui/icons.tsx';
import { CodeText } from './code-text.tsx';
import { FiveTuple } from './five-tuple.tsx';
import { LayerTag } from './layer-tag.tsx';
import { RuleLine } from './rule-line.tsx';
import './packet-trace.css';

/** `Service shop/catalog`, `Node node-a`. */
function objectName({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

interface HopCardProps {
  readonly hop: Hop;
  /** With it the because is a button that opens the object. */
  readonly onOpenObject?: (ref: ObjectRef) => void;
  /** What else is known of the hop, at its foot. */
  readonly more?: ReactNode;
}

/** What is said about the flow: replies and requests look alike but for their direction. */
const placeText = ({ place }: Hop) =>
  [
    place.netns ?? place.machine,
    place.netns === undefined ? undefined : `on ${place.machine}`,
    place.device,
  ]
    .filter((part) => part !== undefined)
    .join(', ');

/** No verdict without its line: where, what, before and after, the rule that decided, and because of what. */
export function HopCard({ hop, onOpenObject, more }: HopCardProps) {
  const isNumbered = hop.lines.length > 1;
  return (
    <div className="hop-card">
      <div className="row wrap hop-card-head">
        <span className="cap">Hop {hop.number}</span>
        <LayerTag
          layer={hop.layer}
          {...(hop.policy ? { word: `Policy · ${hop.policy.says}` } : {})}
        />
        <span className="small dim">{placeText(hop)}</span>
        {hop.direction === 'reply' && <span className="reply-tag">reply</span>}
      </div>
      <p className="hop-card-say">
        <CodeText text={hop.sentence} />
      </p>
      <FiveTuple before={hop.before} after={hop.after} />
      {hop.lines.length > 0 && (
        <code className="rule" tabIndex={0} aria-label={`Lines of hop ${hop.number}`} role="group">
          {hop.lines.map((line, index) => (
            <RuleLine key={index} {...line} {...(isNumbered ? { number: index + 1 } : {})} />
          ))}
        </code>
      )}
      {hop.compared !== undefined && (
        <p className="xs faint hop-card-count">
          {hop.compared === 1 ? '1 rule was compared.' : `${hop.compared} rules were compared.`}
        </p>
      )}
      {hop.because && <Because because={hop.because} {...(onOpenObject ? { onOpenObject } : {})} />}
      {hop.command !== undefined && (
        <p className="small dim hop-card-command">
          See it yourself: <code>{hop.command}</code>
        </p>
      )}
      {more}
    </div>
  );
}

function Because({
  because,
  onOpenObject,
}: {
  because: ObjectRef;
  onOpenObject?: (ref: ObjectRef) => void;
}) {
  const name = objectName(because);
  return (
    <p className="because">
      because <LinkIcon size={13} />
      {onOpenObject ? (
        <button type="button" className="link-button mono" onClick={() => onOpenObject(because)}>
          {name}
        </button>
      ) : (
        <code className="because-name">{name}</code>
      )}
      {because.detail !== undefined && <> {because.detail}</>}
    </p>
  );
}
