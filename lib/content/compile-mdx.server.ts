import 'server-only';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import rehypeShiki, { type RehypeShikiOptions } from '@shikijs/rehype';
import { bundleMDX } from 'mdx-bundler';
import rehypeSlug from 'rehype-slug';
import remarkGfm from 'remark-gfm';
import { createCssVariablesTheme } from 'shiki';
import { MDX_PALETTE } from './mdx-palette.ts';
import { splitFrontMatter } from './split-front-matter.ts';
import { emptyOutline, MdxNotAllowed, remarkAllowList, type Outline } from './remark-allow-list.ts';

/** Raised when the plugins or options below change, so that older cache files are not read. */
const PIPELINE_VERSION = '2';
/** The most bytes of one MDX source. */
export const MDX_BYTE_LIMIT = 200 * 1024;
const CACHE_FOLDER = process.env['HOPWISE_MDX_CACHE'] ?? path.join(process.cwd(), '.cache', 'mdx');

export interface CompiledMdx {
  /** A function body: see render-mdx.server.ts, the only place that runs it. */
  readonly code: string;
  readonly frontMatter: unknown;
  readonly outline: Outline;
}

/** A source that cannot be compiled, with what is wrong with it in words for its author. */
export class MdxProblem extends Error {}

const refuseEngine = () => {
  throw new MdxProblem('front matter is YAML');
};
const CLOSED_ENGINE = { parse: refuseEngine, stringify: refuseEngine };
/** gray-matter evaluates `---js`; it never sees front matter from us, and could not run it if it did. */
const CLOSED_ENGINES = {
  yaml: CLOSED_ENGINE,
  json: CLOSED_ENGINE,
  js: CLOSED_ENGINE,
  javascript: CLOSED_ENGINE,
  coffee: CLOSED_ENGINE,
  coffeescript: CLOSED_ENGINE,
  cson: CLOSED_ENGINE,
  toml: CLOSED_ENGINE,
};

const SHIKI: RehypeShikiOptions = {
  theme: createCssVariablesTheme({ name: 'hopwise', variablePrefix: '--shiki-' }),
  langs: ['yaml', 'shell', 'console', 'json'],
};

/** As much of @mdx-js/mdx's options as is set here: mdx-bundler's types name a package that is not installed. */
interface MdxPlugins {
  remarkPlugins?: unknown[];
  rehypePlugins?: unknown[];
}

async function compileFresh(source: string, name: string): Promise<CompiledMdx> {
  const split = splitFrontMatter(source, name);
  if (!split.ok) throw new MdxProblem(split.problem);
  const outline = emptyOutline();
  const { code } = await bundleMDX({
    source: split.value.body,
    cwd: CACHE_FOLDER,
    grayMatterOptions: () => ({ engines: CLOSED_ENGINES }),
    mdxOptions(options) {
      const plugins = options as MdxPlugins;
      // First of all plugins: the ones that mdx-bundler brings add nodes that the list refuses.
      plugins.remarkPlugins = [
        remarkAllowList(outline),
        ...(plugins.remarkPlugins ?? []),
        remarkGfm,
      ];
      plugins.rehypePlugins = [...(plugins.rehypePlugins ?? []), rehypeSlug, [rehypeShiki, SHIKI]];
      return plugins as never;
    },
    esbuildOptions(options) {
      options.target = ['es2022'];
      options.minify = true;
      options.logLevel = 'silent';
      options.define = { 'process.env.NODE_ENV': '"production"' };
      return options;
    },
  });
  return { code, frontMatter: split.value.data, outline };
}

function explainFailure(error: unknown, name: string): MdxProblem {
  if (error instanceof MdxProblem) return error;
  const text = error instanceof Error ? error.message : String(error);
  const refused = /MdxNotAllowed: (.*)|line [\d?]+: .*/.exec(text);
  if (error instanceof MdxNotAllowed) return new MdxProblem(`${name}: ${error.message}`);
  return new MdxProblem(`${name}: ${refused?.[0] ?? text.split('\n').slice(0, 3).join(' ')}`);
}

async function readCached(file: string): Promise<CompiledMdx | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as CompiledMdx;
  } catch {
    return undefined; // not there yet, or cut off by a crash: compiled again
  }
}

async function compileThroughDisk(key: string, source: string, name: string): Promise<CompiledMdx> {
  const file = path.join(CACHE_FOLDER, `${key}.json`);
  const cached = await readCached(file);
  if (cached !== undefined) return cached;
  await mkdir(CACHE_FOLDER, { recursive: true });
  const compiled = await compileFresh(source, name);
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, JSON.stringify(compiled));
  await rename(temporary, file);
  return compiled;
}

const kept = globalThis as unknown as { hopwiseMdx?: Map<string, Promise<CompiledMdx>> };

/**
 * Compiles MDX once for each content: memory, then disk, then mdx-bundler. Throws MdxProblem when the source is more
 * than prose and the palette. For content of the repository; text that is edited in the app must be compiled in a
 * child process without environment, with 5 s and 256 MiB (docs/operations.md).
 */
export function compileMdx(source: string, name: string): Promise<CompiledMdx> {
  const memory = (kept.hopwiseMdx ??= new Map());
  const key = createHash('sha256')
    .update(`${PIPELINE_VERSION}\0${JSON.stringify(MDX_PALETTE)}\0${source}`)
    .digest('hex');
  const hit = memory.get(key);
  if (hit !== undefined) return hit;
  const work = checkSize(source, name)
    .then(() => compileThroughDisk(key, source, name))
    .catch((error: unknown) => {
      memory.delete(key);
      throw explainFailure(error, name);
    });
  memory.set(key, work);
  return work;
}

async function checkSize(source: string, name: string): Promise<void> {
  const bytes = Buffer.byteLength(source);
  if (bytes > MDX_BYTE_LIMIT)
    return Promise.reject(new MdxProblem(`${name}: ${bytes} bytes, more than ${MDX_BYTE_LIMIT}`));
}
