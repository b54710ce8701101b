import { SECOND, type Micros } from '../../../base/clock.ts';
import { headerOf, type HttpResponse } from '../../../packet/http-message.ts';
import { byteLength } from '../../http-server.ts';
import type { FetchState } from '../fetch.ts';

export interface WriteOutInput {
  readonly fetch: FetchState | undefined;
  readonly response: HttpResponse | undefined;
  readonly url: string;
  readonly redirects: number;
  readonly exitCode: number;
  readonly message: string;
  readonly method: string;
  readonly now: Micros;
  readonly local: { readonly address: string; readonly port: number } | undefined;
}

const time = (from: Micros | undefined, to: Micros | undefined) =>
  (from === undefined || to === undefined ? 0 : (to - from) / SECOND).toFixed(6);

function variable(name: string, input: WriteOutInput): string | undefined {
  const { fetch, response } = input;
  const isConnected = fetch?.connectedAt !== undefined;
  switch (name) {
    case 'http_code':
    case 'response_code':
      return String(response?.status ?? 0).padStart(3, '0');
    case 'exitcode':
      return String(input.exitCode);
    case 'errormsg':
      return input.message;
    case 'url':
    case 'url_effective':
      return input.url;
    case 'method':
      return input.method;
    case 'scheme':
      return fetch ? fetch.url.scheme.toUpperCase() : '';
    case 'num_connects':
      return isConnected ? '1' : '0';
    case 'size_upload':
      return String(byteLength(fetch?.request.body ?? ''));
    case 'time_pretransfer':
      return time(fetch?.startedAt, fetch?.connectedAt);
    case 'time_appconnect':
    case 'time_redirect':
      return '0.000000';
    case 'num_redirects':
      return String(input.redirects);
    case 'content_type':
      return headerOf(response?.headers ?? [], 'content-type') ?? '';
    case 'size_download':
      return String(byteLength(response?.body ?? ''));
    case 'http_version':
      return response ? response.version.replace(/\.0$/, '') : '0';
    case 'remote_ip':
      return isConnected ? (fetch.addresses[fetch.address] ?? '') : '';
    case 'remote_port':
      return isConnected ? String(fetch.url.port) : '0';
    case 'local_ip':
      return input.local?.address ?? '';
    case 'local_port':
      return String(input.local?.port ?? 0);
    case 'time_namelookup':
      return time(fetch?.startedAt, fetch?.resolvedAt);
    case 'time_connect':
      return time(fetch?.startedAt, fetch?.connectedAt);
    case 'time_starttransfer':
      return time(fetch?.startedAt, response ? input.now : undefined);
    case 'time_total':
      return time(fetch?.startedAt, input.now);
    default:
      return undefined;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/** Fills the format of `-w` (tool_writeout.c). An unknown variable is told of in curl's words, in its place. */
export function formatWriteOut(format: string, input: WriteOutInput): string {
  return format.replaceAll(
    /%%|%\{([a-z_]+)\}|\\(.)/g,
    (whole: string, name?: string, escape?: string) => {
      if (whole === '%%') return '%';
      if (name !== undefined)
        return variable(name, input) ?? `curl: unknown --write-out variable: '${name}'\n`;
      return ESCAPES[escape ?? ''] ?? whole;
    },
  );
}
