import { formatSocketAddress } from '../base/flow.ts';
import { describeConnection, type TrackedConnection } from './connections.ts';
import type { ClientReport } from './probe-programs.ts';

/** What is compared of a probe: what the client saw, and what each machine on the way made of the connection. */
export interface ProbeOutcome extends ClientReport {
  readonly connections: readonly TrackedConnection[];
}

/**
 * Everything that must be equal, as lines. An entry that a reset has closed comes anew with a segment that is sent again: how
 * often that happens depends on how busy the machine is, so each entry counts once.
 */
export function describeOutcome({ view, port, sending, connections }: ProbeOutcome): string[] {
  const call = sending === 'EPERM' ? 'not permitted, then ' : '';
  const entries = new Set(connections.map(describeConnection));
  return [call + describeView(view, port), ...[...entries].sort()];
}

function describeView(view: ClientReport['view'], port: number): string {
  switch (view.type) {
    case 'answered': {
      const { by, client } = view.answer;
      const kept = client.port === port ? 'port kept' : 'port changed';
      return `answered by ${by}, which saw ${client.address} (${kept}); the answer came from ${formatSocketAddress(view.from)}`;
    }
    case 'failed':
      return view.error === 'ECONNREFUSED' ? 'reset' : `error ${view.error}`;
    case 'icmp':
      return `ICMP ${view.icmp} from ${view.from}`;
    case 'silence':
      return 'silence';
  }
}
