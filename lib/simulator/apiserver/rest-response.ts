import type { ApiResult, Status } from '../api/meta/object.ts';
import type { PlainResponse } from './rest-types.ts';

const JSON_TYPE = 'application/json';

export const jsonResponse = (
  status: number,
  body: unknown,
  warnings: readonly string[] = [],
): PlainResponse => ({
  type: 'json',
  status,
  contentType: JSON_TYPE,
  body: JSON.stringify(body),
  warnings,
});

export const textResponse = (status: number, body: string): PlainResponse => ({
  type: 'text',
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
  warnings: [],
});

export const statusResponse = (status: Status): PlainResponse => jsonResponse(status.code, status);

/** The value with a code, or the refusal with its own. */
export const resultResponse = (
  result: ApiResult<unknown>,
  code: number,
  warnings: readonly string[] = [],
): PlainResponse =>
  result.ok ? jsonResponse(code, result.value, warnings) : statusResponse(result.status);
