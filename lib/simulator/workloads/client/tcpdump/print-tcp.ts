import type { TcpSegment } from '../../../packet/packet.ts';
import type { Payload } from '../../../packet/payload.ts';
import type { PrintContext } from './print-context.ts';

interface Ends {
  readonly source: string;
  readonly destination: string;
  readonly segment: TcpSegment;
}

/** Ports whose payload is printed as HTTP (print-tcp.c IS_SRC_OR_DST_PORT). */
const HTTP_PORTS: readonly number[] = [80, 8080, 3128];
/** Simplified: windows are not simulated; every segment names the same one, a reset none. */
const WINDOW = 64_240;

function flagsText({ flags }: TcpSegment): string {
  const letters = `${flags.fin ? 'F' : ''}${flags.syn ? 'S' : ''}${flags.rst ? 'R' : ''}${flags.psh ? 'P' : ''}`;
  const text = letters + (flags.ack ? '.' : '');
  return text === '' ? 'none' : text;
}

/** Numbers relative to the first ones seen of the connection (print-tcp.c keeps them of segments with ACK alone). */
function relative({ source, destination, segment }: Ends, context: PrintContext) {
  const absolute = { sequence: segment.sequence, acknowledgement: segment.acknowledgement };
  if (context.absoluteSequence || !segment.flags.ack) return absolute;
  const from = `${source} ${segment.sourcePort}`;
  const to = `${destination} ${segment.destinationPort}`;
  const isFirst = from < to;
  const key = isFirst ? `${from} ${to}` : `${to} ${from}`;
  const known = context.connections[key];
  if (!known || segment.flags.syn) {
    const peer = segment.acknowledgement - 1;
    context.connections[key] = isFirst
      ? { first: segment.sequence, second: peer }
      : { first: peer, second: segment.sequence };
    return absolute;
  }
  const [own, other] = isFirst ? [known.first, known.second] : [known.second, known.first];
  return {
    sequence: (segment.sequence - own) >>> 0,
    acknowledgement: (segment.acknowledgement - other) >>> 0,
  };
}

/** Lines of an HTTP message as they stand on the wire; undefined for anything else. */
function httpLines(payload: Payload): string[] | undefined {
  const headers = (list: readonly (readonly [string, string])[]) =>
    list.map(([name, value]) => `${name}: ${value}`);
  if (payload.kind === 'http-request') {
    const { method, target, version, headers: list, body } = payload.request;
    return [`${method} ${target} HTTP/${version}`, ...headers(list), '', ...bodyLines(body)];
  }
  if (payload.kind === 'http-response') {
    const { version, status, reason, headers: list, body } = payload.response;
    const first = `HTTP/${version} ${status} ${reason}`.trimEnd();
    return [first, ...headers(list), '', ...bodyLines(body)];
  }
  return undefined;
}

const bodyLines = (body: string) => (body === '' ? [] : body.replace(/\n$/, '').split('\n'));

function payloadText({ segment }: Ends, length: number, { verbosity }: PrintContext): string {
  const ports = [segment.sourcePort, segment.destinationPort];
  if (!segment.payload || !ports.some((port) => HTTP_PORTS.includes(port))) return '';
  const lines = httpLines(segment.payload);
  if (!lines) return ': HTTP';
  return verbosity > 0
    ? `: HTTP, length: ${length}${lines.map((line) => `\n\t${line}`).join('')}`
    : `: HTTP: ${lines[0]}`;
}

/** A segment behind `source.port > destination.port: `. `length`: bytes of data. */
export function tcpText(ends: Ends, length: number, context: PrintContext): string {
  if (context.quiet) return `tcp ${length}`;
  const { segment } = ends;
  const { flags } = segment;
  const { sequence, acknowledgement } = relative(ends, context);
  const parts = [`Flags [${flagsText(segment)}]`];
  if (context.verbosity > 1 || length > 0 || flags.syn || flags.fin || flags.rst) {
    parts.push(`seq ${sequence}${length > 0 ? `:${(sequence + length) >>> 0}` : ''}`);
  }
  if (flags.ack) parts.push(`ack ${acknowledgement}`);
  parts.push(`win ${flags.rst ? 0 : WINDOW}`);
  if (segment.maximumSegment !== undefined) parts.push(`options [mss ${segment.maximumSegment}]`);
  parts.push(`length ${length}`);
  return parts.join(', ') + payloadText(ends, length, context);
}
