import type { Protocol, SocketAddress } from '../base/flow.ts';
import type { IpPacket } from '../packet/packet.ts';
import type { NotSentReason, Step } from '../trace/step.ts';
import { splitZone, type Caller } from './caller.ts';
import { lookUpFib } from './fib.ts';
import type { Errno } from './program.ts';
import { recordRoute } from './record-route.ts';
import { packetOfFlow } from './send-packet.ts';
import { recordStep } from './stack.ts';

/** What a call asked for when it failed. */
export interface FailedCall {
  readonly call: Extract<Step, { kind: 'not-sent' }>['call'];
  readonly protocol: Protocol;
  readonly to: SocketAddress;
  /** The address that the caller is bound to, when it chose one. */
  readonly source?: string;
  readonly error: Errno;
  /** Known to the caller; else routing is asked why. */
  readonly reason?: NotSentReason;
}

/** The packet that there is not: what it would have been, from nowhere yet. */
function missingPacket({ protocol, to, source }: FailedCall): IpPacket {
  const address = source ?? (to.address.includes(':') ? '::' : '0.0.0.0');
  const { address: destination } = splitZone(to.address);
  return packetOfFlow({
    protocol,
    source: { address, port: 0 },
    destination: { address: destination, port: to.port },
  });
}

/**
 * A system call failed before there was a packet: the trace says which, with what routing had to say, so that it is not empty.
 */
export function recordNotSent({ stack, process, tag }: Caller, failed: FailedCall): void {
  const next = stack.environment.recorder.nextPacket(tag);
  if (!next) return;
  const packet = missingPacket(failed);
  const decision = lookUpFib(stack.namespace, packet.destination);
  const fromRoute = failed.reason === undefined ? reasonOf(decision.type) : undefined;
  if (fromRoute !== undefined && fromRoute !== 'no-source-address') {
    recordRoute(stack, { packet, mark: 0, tag: next }, decision);
  }
  recordStep(stack, next, packet, undefined, () => ({
    kind: 'not-sent',
    call: failed.call,
    process: process.program,
    error: failed.error,
    reason: failed.reason ?? fromRoute ?? 'no-source-address',
  }));
}

function reasonOf(type: ReturnType<typeof lookUpFib>['type']): NotSentReason {
  switch (type) {
    case 'none':
      return 'no-route';
    case 'unreachable':
      return 'unreachable-route';
    case 'prohibit':
      return 'prohibited-route';
    case 'blackhole':
      return 'blackhole-route';
    case 'unicast':
    case 'local':
      return 'no-source-address';
  }
}
