/** One line of a Corefile: a word, its arguments and what stands in braces behind it. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly Directive[];
  readonly line: number;
}

/** A server block: `.:53 { ... }`. */
export interface ServerBlock {
  readonly zones: readonly { readonly zone: string; readonly port: number }[];
  readonly plugins: readonly Directive[];
}

export type CorefileResult =
  | { readonly ok: true; readonly servers: readonly ServerBlock[] }
  /** As CoreDNS prints it before it ends. */
  | { readonly ok: false; readonly error: string };

const DEFAULT_PORT = 53;

/** Directives that the standard build of CoreDNS knows (plugin.cfg). */
const KNOWN_DIRECTIVES = new Set(
  (
    'root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ready health ' +
    'pprof prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec ' +
    'autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary ' +
    'etcd loop forward grpc erratic whoami on sign view nomad'
  ).split(' '),
);

interface Line {
  readonly words: string[];
  readonly number: number;
}

/** Words of every line that has some; comments are gone, quotes are taken off. */
function splitLines(text: string): Line[] {
  return text
    .split('\n')
    .map((line, i) => ({
      words: [...line.matchAll(/"((?:[^"\\]|\\.)*)"|#.*|(\S+)/g)].flatMap(
        ([whole, quoted, word]) => (whole.startsWith('#') ? [] : [quoted ?? word ?? '']),
      ),
      number: i + 1,
    }))
    .filter(({ words }) => words.length > 0);
}

interface Cursor {
  readonly path: string;
  readonly lines: readonly Line[];
  at: number;
}

type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

const problem = (cursor: Cursor, line: number, text: string): { ok: false; error: string } => ({
  ok: false,
  error: `${cursor.path}:${line} - ${text}`,
});

/** Directives up to the closing brace; the cursor stands on the first line inside. */
function parseBlock(cursor: Cursor): Parsed<Directive[]> {
  const directives: Directive[] = [];
  for (;;) {
    const line = cursor.lines[cursor.at];
    if (!line) {
      const last = cursor.lines[cursor.lines.length - 1]?.number ?? 1;
      return problem(cursor, last, "Error during parsing: Unexpected EOF, expecting '}'");
    }
    cursor.at += 1;
    const [name = '', ...rest] = line.words;
    if (name === '}') return { ok: true, value: directives };
    const opens = rest[rest.length - 1] === '{';
    const args = opens ? rest.slice(0, -1) : rest;
    const block: Parsed<Directive[]> = opens ? parseBlock(cursor) : { ok: true, value: [] };
    if (!block.ok) return block;
    directives.push({ name, args, block: block.value, line: line.number });
  }
}

/** `.:53`, `cluster.local`, `dns://.:1053`, `10.0.0.0/24` is not a zone of ours. */
function parseZone(key: string): { zone: string; port: number } | undefined {
  const match = /^(?:dns:\/\/)?([^:/\s]+)(?::(\d+))?$/.exec(key);
  if (!match) return undefined;
  const [, zone = '.', port] = match;
  return {
    zone: zone.endsWith('.') ? zone : `${zone}.`,
    port: port === undefined ? DEFAULT_PORT : Number(port),
  };
}

function parseServer(cursor: Cursor): Parsed<ServerBlock> {
  const header = cursor.lines[cursor.at]!;
  cursor.at += 1;
  const keys = header.words.filter((word) => word !== '{').map((word) => word.replace(/,$/, ''));
  if (header.words[header.words.length - 1] !== '{') {
    return problem(cursor, header.number, "Error during parsing: Unexpected token, expecting '{'");
  }
  const zones: { zone: string; port: number }[] = [];
  for (const key of keys) {
    const zone = parseZone(key);
    if (!zone) return problem(cursor, header.number, `Error during parsing: invalid zone '${key}'`);
    zones.push(zone);
  }
  const block = parseBlock(cursor);
  if (!block.ok) return block;
  const unknown = block.value.find(({ name }) => !KNOWN_DIRECTIVES.has(name));
  if (unknown) {
    return problem(
      cursor,
      unknown.line,
      `Error during parsing: Unknown directive '${unknown.name}'`,
    );
  }
  return { ok: true, value: { zones, plugins: block.value } };
}

/**
 * Reads a Corefile (CoreDNS manual, "Configuration"). Errors are worded as CoreDNS words them where it has the case.
 *
 * Simplified: no `import`, no snippets, no environment variables.
 */
export function parseCorefile(text: string, path = '/etc/coredns/Corefile'): CorefileResult {
  const cursor: Cursor = { path, lines: splitLines(text), at: 0 };
  const servers: ServerBlock[] = [];
  while (cursor.at < cursor.lines.length) {
    const server = parseServer(cursor);
    if (!server.ok) return server;
    servers.push(server.value);
  }
  return { ok: true, servers };
}
