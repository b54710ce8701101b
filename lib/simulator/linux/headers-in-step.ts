import type { Flow } from '../base/flow.ts';
import {
  flowOf,
  innerPacket,
  type Fragment,
  type IcmpType,
  type IpPacket,
  type TcpFlags,
} from '../packet/packet.ts';
import type { SctpChunkType } from '../packet/sctp.ts';

/** What every step says of its packet: five-tuple and TCP flags, and of a tunnel's outer packet what is inside. */
interface StepHeaders {
  flow: Flow;
  inner?: Flow;
  flags?: TcpFlags;
  chunk?: SctpChunkType;
  icmp?: IcmpType;
  fragment?: Fragment;
}

/**
 * Writes onto a step what it says of its packet. The step is changed, not copied: a request has hundreds of them, of
 * many shapes, and copying costs more than all else that recording does.
 */
export function writeHeaders<Draft extends object>(
  draft: Draft,
  packet: IpPacket,
): Draft & StepHeaders {
  const step = draft as Draft & StepHeaders;
  const inner = innerPacket(packet);
  const { transport } = inner ?? packet;
  step.flow = flowOf(packet);
  if (inner) step.inner = flowOf(inner);
  if (packet.fragment) step.fragment = packet.fragment;
  if (transport.protocol === 'tcp') step.flags = transport.flags;
  if ('original' in transport && transport.original) step.icmp = transport.type;
  if (transport.protocol === 'sctp') step.chunk = transport.chunk.type;
  return step;
}
