import { findAttributeProblem, isPaletteElement } from './mdx-palette.ts';

/** As much of an mdast node as is looked at here. Node types are open: whatever is not named is refused. */
interface MdxNode {
  readonly type: string;
  readonly name?: string | null;
  readonly url?: string;
  readonly lang?: string | null;
  readonly meta?: string | null;
  readonly attributes?: readonly MdxAttribute[];
  readonly children?: readonly MdxNode[];
  readonly value?: unknown;
  readonly depth?: number;
  readonly data?: unknown;
  readonly position?: { readonly start: { readonly line: number } } | undefined;
}
interface MdxAttribute {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
}

/** What a page contains, read off its tree while it is compiled: content:check works from this. */
export interface Outline {
  readonly headings: { readonly depth: number; readonly text: string }[];
  readonly links: string[];
  readonly elements: {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly text: string;
  }[];
  /** Words of prose between two activities (figures and questions), in order; the first before any. */
  readonly wordRuns: number[];
}

const MARKDOWN_NODES = new Set([
  'root',
  'paragraph',
  'heading',
  'text',
  'emphasis',
  'strong',
  'delete',
  'inlineCode',
  'code',
  'list',
  'listItem',
  'blockquote',
  'thematicBreak',
  'break',
  'link',
  'table',
  'tableRow',
  'tableCell',
]);
const LANGUAGES = new Set(['yaml', 'shell', 'console', 'json', 'text']);
const ACTIVITIES = new Set(['Figure', 'Question']);
const DEPTH_LIMIT = 64;

/** Authored MDX that is more than prose and the palette. The message names the line. */
export class MdxNotAllowed extends Error {}

/**
 * A remark plugin that refuses everything that is not on the list: node types, element names, attributes with literal
 * values, URL schemes. It must come first of all plugins: later ones add nodes of their own. `outline` is filled.
 */
export function remarkAllowList(outline: Outline) {
  return () => (tree: unknown) => {
    outline.wordRuns.push(0);
    visit(tree as MdxNode, outline, 0);
  };
}

export function emptyOutline(): Outline {
  return { headings: [], links: [], elements: [], wordRuns: [] };
}

function visit(node: MdxNode, outline: Outline, depth: number): void {
  if (depth > DEPTH_LIMIT) refuse(node, `nests deeper than ${DEPTH_LIMIT} levels`);
  checkNode(node);
  note(node, outline);
  for (const child of node.children ?? []) visit(child, outline, depth + 1);
}

function refuse(node: MdxNode, why: string): never {
  throw new MdxNotAllowed(`line ${node.position?.start.line ?? '?'}: ${why}`);
}

function checkNode(node: MdxNode): void {
  if (node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement')
    return checkElement(node);
  if (!MARKDOWN_NODES.has(node.type)) refuse(node, `${node.type} is not allowed here`);
  if (node.data !== undefined && Object.keys(node.data as object).length > 0)
    refuse(node, `${node.type} carries data`);
  if (node.type === 'link') {
    const problem = findUrlProblem(node.url ?? '');
    if (problem !== undefined) refuse(node, problem);
  }
  if (node.type === 'code' && !LANGUAGES.has(node.lang ?? 'text'))
    refuse(node, `code is in one of ${[...LANGUAGES].join(', ')}`);
  if (node.type === 'code' && (node.meta ?? '') !== '')
    refuse(node, 'a code fence takes no options');
}

function checkElement(node: MdxNode): void {
  const name = node.name ?? '';
  if (!isPaletteElement(name)) refuse(node, `<${name}> is not an element of the palette`);
  const seen = new Set<string>();
  for (const attribute of node.attributes ?? []) {
    if (attribute.type !== 'mdxJsxAttribute') refuse(node, `<${name}> takes no spread`);
    const value = attribute.value ?? null;
    if (value !== null && typeof value !== 'string')
      refuse(node, `${attribute.name} of <${name}> is not a literal string`);
    if (seen.has(attribute.name ?? '')) refuse(node, `${attribute.name} is given twice`);
    seen.add(attribute.name ?? '');
    const problem = findAttributeProblem(name, attribute.name ?? '', value);
    if (problem !== undefined) refuse(node, problem);
  }
  // A figure stands beside its scene for as long as the scene is read: a second one would cover it.
  if (name === 'Scene' && figuresIn(node) > 1) refuse(node, 'a <Scene> has one <Figure>');
}

const figuresIn = (node: MdxNode): number =>
  (node.children ?? []).reduce(
    (sum, child) => sum + figuresIn(child),
    node.name === 'Figure' ? 1 : 0,
  );

/** Links go to https pages, to our own paths and to places in the page. */
export function findUrlProblem(url: string): string | undefined {
  if (/[\u0000-\u0020\u007f\\]/.test(url))
    return 'an address has no spaces, backslashes or control characters';
  if (/^https:\/\/[a-z0-9]/i.test(url) || /^mailto:[^?]+$/i.test(url)) return undefined;
  if (/^\/(?!\/)/.test(url) || /^#[\w-]+$/.test(url)) return undefined;
  return `the address ${url.slice(0, 60)} is neither https, mailto, a path of ours nor a place in the page`;
}

function textOf(node: MdxNode): string {
  if (typeof node.value === 'string') return node.value;
  return (node.children ?? []).map(textOf).join('');
}

const PROSE = new Set(['text', 'inlineCode']);

function note(node: MdxNode, outline: Outline): void {
  if (node.type === 'heading')
    outline.headings.push({ depth: node.depth ?? 1, text: textOf(node) });
  if (node.type === 'link') outline.links.push(node.url ?? '');
  if (PROSE.has(node.type) && typeof node.value === 'string') {
    const words = node.value.split(/\s+/).filter((word) => /\w/.test(word)).length;
    outline.wordRuns.push((outline.wordRuns.pop() ?? 0) + words);
  }
  if (node.type !== 'mdxJsxFlowElement' && node.type !== 'mdxJsxTextElement') return;
  const attributes = Object.fromEntries(
    (node.attributes ?? []).map(({ name, value }) => [
      name ?? '',
      typeof value === 'string' ? value : '',
    ]),
  );
  outline.elements.push({ name: node.name ?? '', attributes, text: textOf(node) });
  if (ACTIVITIES.has(node.name ?? '')) outline.wordRuns.push(0);
}
