import type { SocketBuffer } from '../../socket-buffer.ts';
import { xmarkOf } from '../normalize-rule.ts';
import type { MatchSubject } from '../match/subject.ts';
import type { Target } from '../rule.ts';

/** xt_mark.c, mark_tg: the bits of the mask are cleared, then the value is exclusive-ored in. */
export function markPacket(skb: SocketBuffer, target: Extract<Target, { target: 'MARK' }>): void {
  const { value, mask } = xmarkOf(target);
  skb.mark = ((skb.mark & ~mask) ^ value) >>> 0;
}

/** xt_CONNMARK.c: bits of the mask are taken over, the others stay. */
export function markConnection(
  { skb, connection }: MatchSubject,
  { operation, value, mask }: Extract<Target, { target: 'CONNMARK' }>,
): void {
  if (!connection) return;
  switch (operation) {
    case 'set':
      connection.mark = ((connection.mark & ~mask) ^ value) >>> 0;
      return;
    case 'save':
      connection.mark = ((connection.mark & ~mask) | (skb.mark & mask)) >>> 0;
      return;
    case 'restore':
      skb.mark = ((skb.mark & ~mask) | (connection.mark & mask)) >>> 0;
  }
}
