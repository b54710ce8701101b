import type { LintFinding, ObjectRef } from '#lib/simulator/index.ts';
import { InfoIcon, WarningIcon } from '#components/ui/icons.tsx';
import { CodeText } from '#components/packet-trace/code-text.tsx';
import './reachability.css';

/** What in the policies hardly does what somebody wanted: each with its place, and why it matters. */
export function PolicyFindings({
  findings,
  onOpenObject,
}: {
  readonly findings: readonly LintFinding[];
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
