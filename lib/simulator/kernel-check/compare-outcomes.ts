import { formatSocketAddress } from '../base/flow.ts';
import { describeConnection, type TrackedConnection } from './connections.ts';
import type { ClientReport } from './probe-programs.ts';

/** What is compared of a probe: what the client saw, and what each machine on the way made of the connection. */
export interface ProbeOutcome extends ClientReport {
  readonly connections: readonly TrackedConnection[];
}

/** Everything that must be equal, as lines. */
export function describeOutcome({ view, port, sending, connections }: ProbeOutcome): string[] {
  const call = sending === 'EPERM' ? 'not permitted, then ' : '';
  return [call + describeView(view, port), ...connections.map(describeConnection).sort()];
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
