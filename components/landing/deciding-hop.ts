import type { ShownTrace } from '#lib/sandbox/protocol.ts';

/**
 * The hop worth standing at: where a packet that ended badly ended; else the first that rewrote the request; else the last.
 * Counted from 1.
 */
export function decidingHop({ hops, disposition }: ShownTrace): number {
  if (disposition !== 'delivered') {
    const requests = hops.filter((hop) => hop.direction === 'request');
    return requests.at(-1)?.number ?? hops.length;
  }
  const rewrite = hops.find(
    ({ direction, before, after }) =>
      direction === 'request' && before.destination.address !== after.destination.address,
  );
  return rewrite?.number ?? hops.length;
}
