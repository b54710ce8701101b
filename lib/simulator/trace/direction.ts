import type { Flow } from '../base/flow.ts';
import type { Step } from './step.ts';

export type Direction = 'request' | 'reply';

const keyOf = ({ protocol, source, destination }: Flow) =>
  `${protocol} ${source.address} ${source.port} ${destination.address} ${destination.port}`;

const reversed = ({ protocol, source, destination }: Flow): Flow => ({
  protocol,
  source: destination,
  destination: source,
});

const opposite = (direction: Direction): Direction =>
  direction === 'request' ? 'reply' : 'request';

/** An ICMP error is about another packet: it carries no identifier of its own. */
export const isIcmpErrorFlow = ({ protocol, source }: Flow) =>
  (protocol === 'icmp' || protocol === 'icmpv6') && source.port === 0;

/**
 * Which way every packet of a trace goes, by its number: `request` as the first packet of its conversation did, `reply`
 * against it. Every form that translation gave a packet counts, so that the answer to a rewritten packet is known.
 */
export function directionsOf(steps: readonly Step[]): ReadonlyMap<number, Direction> {
  const byFlow = new Map<string, Direction>();
  const byPacket = new Map<number, Direction>();
  for (const step of steps) {
    if (step.kind === 'dns' || step.kind === 'http') continue;
    let direction = byPacket.get(step.packet);
    if (direction === undefined) {
      const against = byFlow.get(keyOf(reversed(step.flow)));
      direction = isIcmpErrorFlow(step.flow)
        ? 'reply'
        : (byFlow.get(keyOf(step.flow)) ?? (against ? opposite(against) : 'request'));
      byPacket.set(step.packet, direction);
    }
    byFlow.set(keyOf(step.flow), byFlow.get(keyOf(step.flow)) ?? direction);
    if ('after' in step) {
      byFlow.set(keyOf(step.after), byFlow.get(keyOf(step.after)) ?? direction);
    }
  }
  return byPacket;
}
