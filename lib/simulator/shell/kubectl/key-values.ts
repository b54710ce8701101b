import { fail, valuesOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';

/** Where `create configmap` and `create secret generic` take their data from. */
export const SOURCE_FLAGS: readonly FlagSpec[] = [
  flag('from-literal', 'list'),
  flag('from-file', 'list'),
  flag('from-env-file', 'list'),
  flag('append-hash', 'boolean'),
];

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** UTF-8 bytes of a text. */
function bytesOf(text: string): number[] {
  const escaped = encodeURIComponent(text);
  return [...escaped.matchAll(/%([\dA-F]{2})|[^%]/g)].map(([char, hex]) =>
    hex === undefined ? char.charCodeAt(0) : Number.parseInt(hex, 16),
  );
}

/** RFC 4648 base64 of a text's UTF-8 bytes, as Secrets carry their data. */
export function base64(text: string): string {
  const bytes = bytesOf(text);
  let result = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = bytes.slice(i, i + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const chars = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63] ?? '');
    if (b === undefined) chars[2] = '=';
    if (c === undefined) chars[3] = '=';
    result += chars.join('');
  }
  return result;
}

/** `a=b` and `a==b` as a map. */
export const pairsOf = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts.map((text) => {
      const [key = '', value = ''] = text.split(/==?(.*)/s);
      return [key, value] as const;
    }),
  );

type Pair = readonly [key: string, value: string];

function fromLiteral(call: Call, pair: string): Pair[] | undefined {
  const at = pair.indexOf('=');
  if (at > 0) return [[pair.slice(0, at), pair.slice(at + 1).replace(/^(['"])(.*)\1$/s, '$2')]];
  fail(call, `invalid literal source ${pair}, expected key=value`);
  return undefined;
}

function readFile(call: Call, path: string): string | undefined {
  const text = call.context.files[path];
  if (text === undefined) fail(call, `error reading ${path}: no such file or directory`);
  return text;
}

/** `key=path`, a file under its own name, or a folder with all its files. */
function fromFile(call: Call, source: string): Pair[] | undefined {
  const at = source.indexOf('=');
  const path = source.slice(at + 1);
  const folder = `${path.replace(/\/$/, '')}/`;
  const inside = Object.entries(call.context.files).filter(
    ([file]) => file.startsWith(folder) && !file.slice(folder.length).includes('/'),
  );
  if (at < 0 && inside.length > 0) {
    return inside.map(([file, text]) => [file.slice(folder.length), text]);
  }
  const text = readFile(call, path);
  const key = at < 0 ? (path.split('/').at(-1) ?? path) : source.slice(0, at);
  return text === undefined ? undefined : [[key, text]];
}

function fromEnvFile(call: Call, path: string): Pair[] | undefined {
  const lines = readFile(call, path)
    ?.split('\n')
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines?.flatMap((line): Pair[] => {
    const at = line.indexOf('=');
    // A name alone takes the value of the environment, which is empty here.
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
}

/** All that `--from-*` name; undefined after it printed why not. */
export function readKeyValues(call: Call): Record<string, string> | undefined {
  const literals = call.flags.values.get('from-literal') ?? [];
  const groups = [
    ...valuesOf(call, 'from-file').map((source) => () => fromFile(call, source)),
    ...valuesOf(call, 'from-env-file').map((source) => () => fromEnvFile(call, source)),
    ...literals.map((source) => () => fromLiteral(call, source)),
  ];
  const data: Record<string, string> = {};
  for (const read of groups) {
    const pairs = read();
    if (!pairs) return undefined;
    for (const [key, value] of pairs) {
      if (Object.hasOwn(data, key)) {
        fail(
          call,
          `cannot add key ${key}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(call.flags.words[0])}`,
        );
        return undefined;
      }
      data[key] = value;
    }
  }
  return data;
}
