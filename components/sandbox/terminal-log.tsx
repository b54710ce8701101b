import { memo } from 'react';
import type { LogEntry } from '#lib/sandbox/browser/sandbox-log.ts';
import { toneOf } from './output-lines.ts';

const CLASS_OF = { plain: undefined, dim: 'd', bad: 'b', good: 'g' } as const;

/** What was typed and what came back. New entries are announced. */
export function TerminalLog({ log }: { readonly log: readonly LogEntry[] }) {
  return (
    <div role="log" aria-label="Terminal" className="terminal-log">
      {log.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </div>
  );
}

const Entry = memo(function Entry({ entry }: { readonly entry: LogEntry }) {
  const output = entry.output.replace(/\n$/, '');
  return (
    <div>
      {entry.kind === 'command' ? (
        <div>
          <span className="p">{entry.prompt === '' ? '>' : `${entry.prompt} ❯`}</span> {entry.input}
        </div>
      ) : (
        entry.input !== '' && <div className="terminal-note">{entry.input}</div>
      )}
      {output !== '' &&
        output.split('\n').map((line, index) => (
          <div key={index} className={CLASS_OF[toneOf(line, index)]}>
            {line === '' ? ' ' : line}
          </div>
        ))}
    </div>
  );
});
