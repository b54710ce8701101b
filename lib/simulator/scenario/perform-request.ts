import type { RestRequest, RestResponse } from '../apiserver/rest-types.ts';
import type { ShellSystem } from '../shell/run.ts';
import type { RequestAction } from './action.ts';

/** base64 (RFC 4648) as one character per byte. What is no digit of it is passed over. */
function bytesOf(base64: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let text = '';
  let bits = 0;
  let count = 0;
  for (const character of base64) {
    const value = digits.indexOf(character);
    if (value < 0) continue;
    bits = (bits << 6) | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text += String.fromCharCode((bits >> count) & 0xff);
  }
  return text;
}

/** The request of an action, as the API server takes it. */
function requestOf(action: RequestAction): RestRequest {
  const { method, path, contentType, accept, userAgent, body, encoding } = action;
  return {
    method,
    path,
    headers: {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(accept === undefined ? {} : { accept }),
      ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    },
    body: encoding === 'base64' ? bytesOf(body) : body,
  };
}

/** Somebody's own kubectl writes: it enters where the terminal's kubectl does. */
export function performRequest(
  shell: ShellSystem,
  action: RequestAction,
): { readonly output: string; readonly exitCode: number; readonly response: RestResponse } {
  const response = shell.answer(requestOf(action));
  const path = action.path.split('?')[0] ?? '';
  return {
    output: `${action.method} ${path} ${response.status}\n`,
    exitCode: response.status < 400 ? 0 : 1,
    response,
  };
}
