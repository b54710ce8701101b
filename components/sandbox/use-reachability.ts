import { useEffect, useState } from 'react';
import type { ColumnPort } from '#lib/simulator/index.ts';
import type { Moment, PolicyAnswer } from '#lib/sandbox/policy-protocol.ts';
import type { SandboxSession } from './use-sandbox.ts';

export type ReachabilityAnswer = Extract<PolicyAnswer, { type: 'reachability' }>;

/** What the picture is compared with. */
export type Since = 'nothing' | Moment;

/** What is asked: `TCP 8080`, or no text for the ports that pods declare. */
export interface AskedReachability {
  readonly port: string;
  readonly since: Since;
}

/** Who reaches whom by policies, asked again after everything that happens; the last answer stays until the next. */
export function useReachability(
  session: SandboxSession,
  moment: number,
  { port, since }: AskedReachability,
) {
  const [answer, setAnswer] = useState<ReachabilityAnswer>();
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
