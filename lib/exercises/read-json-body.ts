import type { z } from 'zod';

/** Deeper than anything that is sent on purpose. */
const DEPTH_LIMIT = 64;

export type Body<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: 400 | 413; readonly problem: string };

/** How deep brackets nest outside of strings: one pass, no recursion, before any parser sees the text. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (isString) {
      if (char === '\\') i += 1;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, (depth += 1));
    else if (char === '}' || char === ']') depth -= 1;
  }
  return deepest;
}

/** Reads at most `limit` bytes; whoever sends more is not listened to any longer. */
async function readText(request: Request, limit: number): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) return undefined;
  const reader = request.body?.getReader();
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = (await reader.read()) as ReadableStreamReadResult<Uint8Array>;
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A JSON body of a known shape. 413 when it is larger than `limit` bytes, 400 when it is anything else. */
export async function readJsonBody<T>(
  request: Request,
  schema: z.ZodType<T>,
  limit: number,
): Promise<Body<T>> {
  const bad = (problem: string, status: 400 | 413 = 400): Body<T> => ({
    ok: false,
    status,
    problem,
  });
  const text = await readText(request, limit);
  if (text === undefined) return bad(`More than the ${limit} bytes that are read.`, 413);
  if (jsonDepth(text) > DEPTH_LIMIT) return bad(`Nested deeper than ${DEPTH_LIMIT} levels.`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return bad('This is not JSON.');
  }
  const checked = schema.safeParse(data);
  if (checked.success) return { ok: true, value: checked.data };
  const issue = checked.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return bad(`${where === '' ? 'The body' : where}: ${issue?.message ?? 'not understood'}`);
}
