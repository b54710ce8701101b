import type { RequestAction, RestRequest } from '#lib/simulator/index.ts';

/** Bytes of a body, as a real API server takes about one and a half (etcd --max-request-bytes). */
export const MOST_BODY_BYTES = 1024 * 1024;
const MOST_PATH = 4_096;
/** Deeper than anything that is sent on purpose; parsers recurse. */
const MOST_DEPTH = 64;

export type ReadRequest =
  | { readonly type: 'request'; readonly request: RestRequest; readonly bytes: Buffer }
  | { readonly type: 'too-large' | 'too-deep' | 'no-text' | 'no-method' };

async function readBytes(request: Request): Promise<Buffer | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > MOST_BODY_BYTES) return undefined;
  const reader = request.body?.getReader();
  if (!reader) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = (await reader.read()) as ReadableStreamReadResult<Uint8Array>;
    if (done) return Buffer.concat(chunks);
    size += value.length;
    if (size > MOST_BODY_BYTES) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}

/** How deep brackets, or indentation of flow-free YAML, nest: one pass, no recursion. Strings are not told apart. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1));
    else if (character === '}' || character === ']') depth = Math.max(0, depth - 1);
  }
  return deepest;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const isMethod = (text: string): text is RestRequest['method'] =>
  METHODS.some((method) => method === text);

const isBinary = (request: Request) =>
  request.headers.get('content-type')?.includes('protobuf') === true;

/** A request as the simulated API server takes it. `path` is what stands behind `/kube`, with its query. */
export async function readRequest(request: Request, path: string): Promise<ReadRequest> {
  if (!isMethod(request.method)) return { type: 'no-method' };
  if (path.length > MOST_PATH) return { type: 'too-large' };
  const bytes = await readBytes(request);
  if (!bytes) return { type: 'too-large' };
  const body = bytes.toString(isBinary(request) ? 'latin1' : 'utf8');
  if (!isBinary(request)) {
    // Postgres keeps neither NUL nor half a surrogate pair, and no manifest has them.
    if (body.includes('\u0000') || !body.isWellFormed()) return { type: 'no-text' };
    if (depthOf(body) > MOST_DEPTH) return { type: 'too-deep' };
  }
  const names = ['accept', 'content-type', 'user-agent', 'upgrade'];
  const headers = Object.fromEntries(
    names.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value.slice(0, 1_000)]];
    }),
  );
  return { type: 'request', request: { method: request.method, path, headers, body }, bytes };
}

const REVIEWS =
  /\/(selfsubjectaccessreviews|selfsubjectrulesreviews|selfsubjectreviews|subjectaccessreviews|localsubjectaccessreviews|tokenreviews)(\?|$)/;

/** Does it change the cluster? Reviews and dry runs only ask, whatever their method. */
export function isWrite({ method, path }: RestRequest): boolean {
  if (method === 'GET' || REVIEWS.test(path)) return false;
  return !/[?&]dryRun=All(&|$)/.test(path);
}

/** exec, attach, port-forward: they need a connection that goes both ways. */
export const needsUpgrade = ({ path }: RestRequest): boolean =>
  /\/pods\/[^/?]+\/(exec|attach|portforward)(\?|$)/.test(path);

/** A write as the action that is kept. */
export function actionOf(
  { method, path, headers = {}, body = '' }: RestRequest,
  bytes: Buffer,
): RequestAction | undefined {
  if (method === 'GET') return undefined;
  const contentType = headers['content-type']?.slice(0, 200);
  const isBytes = contentType?.includes('protobuf') === true;
  const { accept } = headers;
  const userAgent = headers['user-agent']?.slice(0, 300);
  return {
    type: 'request',
    method,
    path,
    ...(contentType === undefined ? {} : { contentType }),
    ...(accept === undefined ? {} : { accept }),
    ...(userAgent === undefined ? {} : { userAgent }),
    body: isBytes ? bytes.toString('base64') : body,
    ...(isBytes ? { encoding: 'base64' as const } : {}),
  };
}
