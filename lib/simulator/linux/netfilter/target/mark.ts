import type { SocketBuffer } from '../../socket-buffer.ts';
import { xmarkOf } from '../normalize-rule.ts';
import type { Target } from '../rule.ts';

/** xt_mark.c, mark_tg: the bits of the mask are cleared, then the value is exclusive-ored in. */
export function markPacket(skb: SocketBuffer, target: Extract<Target, { target: 'MARK' }>): void {
  const { value, mask } = xmarkOf(target);
  skb.mark = ((skb.mark & ~mask) ^ value) >>> 0;
}
