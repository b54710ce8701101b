import type { DnsMessage } from './dns-message.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';

/** What a datagram or a stream carries, already parsed: the simulator moves meaning, and counts bytes for MTU. */
export type Payload =
  | { readonly kind: 'bytes'; readonly text: string }
  | { readonly kind: 'dns'; readonly message: DnsMessage }
  | { readonly kind: 'http-request'; readonly request: HttpRequest }
  | { readonly kind: 'http-response'; readonly response: HttpResponse };
