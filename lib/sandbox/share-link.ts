import type { Action, Transcript } from '#lib/simulator/index.ts';

/** Limits of quality.md: a link is a stranger's text. */
const MOST_BYTES = 512 * 1024;
const MOST_ACTIONS = 2_000;

const toBase64Url = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** A transcript as the text after `#s=`: JSON, deflated, base64url. */
export async function encodeTranscript(transcript: Transcript): Promise<string> {
  const deflated = new Blob([JSON.stringify(transcript)])
    .stream()
    .pipeThrough(new CompressionStream('deflate-raw'));
  return toBase64Url(new Uint8Array(await new Response(deflated).arrayBuffer()));
}

/** Reads at most MOST_BYTES of what a link inflates to; a bomb ends here. */
async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
    .getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MOST_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === 'string';

const isRequest = (value: Record<string, unknown>) =>
  ['POST', 'PUT', 'PATCH', 'DELETE'].includes(String(value['method'])) &&
  typeof value['path'] === 'string' &&
  typeof value['body'] === 'string' &&
  ['contentType', 'accept', 'userAgent', 'encoding'].every((name) => isTextOrAbsent(value[name]));

function isAction(value: unknown): value is Action {
  if (!isRecord(value)) return false;
  switch (value['type']) {
    case 'command':
      return typeof value['line'] === 'string';
    case 'apply':
      return typeof value['yaml'] === 'string';
    case 'advance':
      return Number.isSafeInteger(value['duration']) && (value['duration'] as number) >= 0;
    case 'send':
      return typeof value['from'] === 'string' && typeof value['to'] === 'string';
    case 'interrupt':
      return true;
    case 'request':
      return isRequest(value);
    case 'clock':
      return Number.isSafeInteger(value['to']) && (value['to'] as number) >= 0;
    default:
      return false;
  }
}

/** Has this the shape of a transcript? Whether its cluster can be is asked apart. */
export function isTranscript(value: unknown): value is Transcript {
  if (!isRecord(value) || !isRecord(value['scenario']) || !Array.isArray(value['actions']))
    return false;
  const { scenario, actions, version, seed } = value;
  return (
    typeof version === 'number' &&
    typeof seed === 'string' &&
    typeof scenario['name'] === 'string' &&
    Array.isArray(scenario['manifests']) &&
    scenario['manifests'].every((manifest) => typeof manifest === 'string') &&
    actions.length <= MOST_ACTIONS &&
    actions.every(isAction)
  );
}

/** Whether the cluster of a stranger's scenario can be; the simulator is fetched only when there is something to ask. */
export async function isPossibleCluster({ scenario }: Transcript): Promise<boolean> {
  if (scenario.cluster === undefined) return true;
  const { findOptionProblems } = await import('#lib/simulator/index.ts');
  return findOptionProblems(scenario.cluster).length === 0;
}

/** The transcript of a link; undefined when it is broken, too big, no transcript, or of a cluster that cannot be. */
export async function decodeTranscript(text: string): Promise<Transcript | undefined> {
  if (text.length > MOST_BYTES) return undefined;
  try {
    const json = await inflate(fromBase64Url(text));
    const value: unknown = json === undefined ? undefined : JSON.parse(json);
    return isTranscript(value) && (await isPossibleCluster(value)) ? value : undefined;
  } catch {
    return undefined;
  }
}
