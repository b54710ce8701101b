import type { DnsMessage } from '../../../packet/dns-message.ts';

/** A question with recursion desired; `bufferSize`: what EDNS says that the asker can take over UDP, absent without EDNS. */
export function questionMessage(
  name: string,
  type: DnsMessage['question']['type'],
  id: number,
  bufferSize?: number,
): DnsMessage {
  return {
    id,
    isResponse: false,
    question: { name, type },
    responseCode: 'NOERROR',
    isAuthoritative: false,
    isTruncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    answers: [],
    authority: [],
    additional: [],
    ...(bufferSize !== undefined && { edns: { bufferSize } }),
  };
}
