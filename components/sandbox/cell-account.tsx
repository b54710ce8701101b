'use client';

import { useEffect, useState } from 'react';
import type { JudgedConnection, ObjectRef } from '#lib/simulator/index.ts';
import type { PolicyAnswer } from '#lib/sandbox/policy-protocol.ts';
import { SendIcon } from '#components/ui/icons.tsx';
import { PolicyAccount } from './policy-account.tsx';
import { cellText, cellWords, pairWords, type NamedCell } from './reachability-words.ts';
import type { SandboxSession } from './use-sandbox.ts';

type Judged = Extract<PolicyAnswer, { type: 'cell' }>['judged'];

interface CellAccountProps {
  readonly session: SandboxSession;
  readonly moment: number;
  readonly cell: NamedCell;
  readonly onSend: (from: string, to: string) => void;
  readonly onOpenObject: (ref: ObjectRef) => void;
}

/** Why a cell of the matrix is as it is: a pair of pods for each verdict that differs; each can be tried with a packet. */
export function CellAccount({ session, moment, cell, onSend, onOpenObject }: CellAccountProps) {
  const [answer, setAnswer] = useState<{ readonly of: string; readonly judged: Judged }>();
  const [fault, setFault] = useState<string>();
  const of = cellText(cell.key);
  const { from, to, port } = cell.key;
  const protocol = port?.protocol;
  const number = port?.port;
  useEffect(() => {
    let isWanted = true;
    const asked = protocol && number !== undefined ? { port: { protocol, port: number } } : {};
    void session.askPolicies({ type: 'cell', cell: { from, to, ...asked } }).then((reply) => {
      if (!isWanted) return;
      if ('fault' in reply) return setFault(reply.fault);
      if (reply.type === 'cell') setAnswer({ of, judged: reply.judged });
    });
    return () => {
      isWanted = false;
    };
  }, [session, moment, of, from, to, protocol, number]);
  return (
    <section className="cell-account">
      <h3>
        {pairWords(cell.key)}: <span className="dim">{cellWords(cell.cell)}</span>
      </h3>
      {fault !== undefined && <p className="small dim">{fault}</p>}
      {answer?.of === of &&
        answer.judged.map(({ example, pairs }) => (
          <div key={`${example.from} ${example.to}`}>
            {answer.judged.length > 1 && (
              <p className="small">
                <b>
                  {pairs} {pairs === 1 ? 'pair' : 'pairs'} of pods
                </b>
                , such as:
              </p>
            )}
            <PolicyAccount
              judged={example}
              direction={whereItEnds(example)}
              onOpenObject={onOpenObject}
            />
            {example.protocol === 'TCP' && (
              <button
                type="button"
                className="btn sm"
                onClick={() => onSend(example.from, `http://${hostOf(example)}`)}
              >
                <SendIcon size={14} />
                Send this packet
              </button>
            )}
          </div>
        ))}
    </section>
  );
}

/** The direction in which it does not pass is told first. */
const whereItEnds = ({ verdict }: JudgedConnection) =>
  verdict.egress.outcome === 'admitted' && verdict.ingress.outcome !== 'admitted'
    ? 'ingress'
    : 'egress';

/** `10.244.1.5:8080`, `[fd00::5]:8080`. */
const hostOf = ({ address, port }: JudgedConnection) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
