import type { Flow } from '../base/flow.ts';
import {
  flowOf,
  innerPacket,
  type Fragment,
  type IpPacket,
  type TcpFlags,
} from '../packet/packet.ts';
import type { SctpChunkType } from '../packet/sctp.ts';

/** What every step says of its packet: five-tuple and TCP flags, and of a tunnel's outer packet what is inside. */
export function headersInStep(packet: IpPacket): {
  readonly flow: Flow;
  readonly inner?: Flow;
  readonly flags?: TcpFlags;
  readonly chunk?: SctpChunkType;
  readonly fragment?: Fragment;
} {
  const inner = innerPacket(packet);
  const { transport } = inner ?? packet;
  return {
    flow: flowOf(packet),
    ...(inner ? { inner: flowOf(inner) } : {}),
    ...(packet.fragment ? { fragment: packet.fragment } : {}),
    ...(transport.protocol === 'tcp' ? { flags: transport.flags } : {}),
    ...(transport.protocol === 'sctp' ? { chunk: transport.chunk.type } : {}),
  };
}
