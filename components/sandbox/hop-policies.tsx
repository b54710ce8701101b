'use client';

import { useState } from 'react';
import type { Hop, ObjectRef } from '#lib/simulator/index.ts';
import type { ToldConnection } from '#lib/sandbox/policy-protocol.ts';
import { ShieldIcon } from '#components/ui/icons.tsx';
import { PolicyAccount } from './policy-account.tsx';
import type { SandboxSession } from './use-sandbox.ts';

interface HopPoliciesProps {
  readonly hop: Hop;
  readonly session: SandboxSession;
  readonly onOpenObject: (ref: ObjectRef) => void;
}

type Told =
  | { readonly state: 'closed' | 'asked' }
  | { readonly state: 'told'; readonly judged?: ToldConnection }
  | { readonly state: 'failed'; readonly fault: string };

/** Opens the whole account: what every policy that selects either end says to the connection of a hop. */
export function HopPolicies({ hop, session, onOpenObject }: HopPoliciesProps) {
  const [told, setTold] = useState<Told>({ state: 'closed' });
  const ask = async () => {
    setTold({ state: 'asked' });
    const answer = await session.askPolicies({ type: 'judge', flow: hop.after });
    if ('fault' in answer) setTold({ state: 'failed', fault: answer.fault });
    else if (answer.type === 'judge') setTold({ ...answer, state: 'told' });
  };
  const isOpen = told.state !== 'closed';
  return (
    <div className="hop-policies">
      <button
        type="button"
        className="btn sm"
        aria-expanded={isOpen}
        onClick={() => (isOpen ? setTold({ state: 'closed' }) : void ask())}
      >
        <ShieldIcon size={14} />
        What every policy says
      </button>
      {told.state === 'failed' && <p className="small dim">{told.fault}</p>}
      {told.state === 'told' && <Account told={told} hop={hop} onOpenObject={onOpenObject} />}
    </div>
  );
}

/** Words after which a packet ends. */
const ENDS = ['Does not admit', 'Deny'];

function Account({
  told,
  hop: { policy },
  onOpenObject,
}: {
  readonly told: Extract<Told, { state: 'told' }>;
  readonly hop: Hop;
  readonly onOpenObject: (ref: ObjectRef) => void;
}) {
  if (!told.judged)
    return (
      <p className="small dim">
        Policies are about TCP, UDP and SCTP. What is neither passes an isolated pod only by a rule
        without ports.
      </p>
    );
  const now = policy && told.judged.verdict[policy.direction].outcome;
  const hasChanged = policy && (now === 'admitted') === ENDS.includes(policy.says);
  return (
    <>
      {hasChanged && (
        <p className="small says problem">
          The policies have changed since this packet: this is what they say now.
        </p>
      )}
      <PolicyAccount
        judged={told.judged}
        direction={policy?.direction}
        onOpenObject={onOpenObject}
      />
    </>
  );
}
