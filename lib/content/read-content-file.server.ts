import 'server-only';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import type { Scenario } from '#lib/simulator/index.ts';
import { compileMdx, MdxProblem } from './compile-mdx.server.ts';
import type { Page } from './content.ts';
import { findYamlDanger, parseYaml } from './parse-yaml.ts';
import type { ScenarioSource } from './schema/scenario.ts';

/** Collects what is wrong, so that an author sees everything at once. Entries begin with the file's path. */
export type Problems = string[];

/** What a folder of content is read with. Paths are relative to `root`, the folder content/. */
export interface Reading {
  readonly root: string;
  readonly problems: Problems;
}

/** Names in a folder, sorted; empty when it is not there. */
export async function listFolder(reading: Reading, folder: string): Promise<string[]> {
  try {
    return (await readdir(path.join(reading.root, folder)))
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    return [];
  }
}

/** Text of a file; undefined, with a problem, when it cannot be read. */
export async function readText(reading: Reading, file: string): Promise<string | undefined> {
  try {
    return await readFile(path.join(reading.root, file), 'utf8');
  } catch {
    reading.problems.push(`${file}: the file is missing`);
    return undefined;
  }
}

/** Checks data against a schema; problems name the field. */
export function checkShape<T>(
  reading: Reading,
  file: string,
  schema: z.ZodType<T>,
  data: unknown,
): T | undefined {
  const checked = schema.safeParse(data);
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues)
    reading.problems.push(`${file}: ${issue.path.join('.') || 'the file'}: ${issue.message}`);
  return undefined;
}

/** A YAML file of a known shape. */
export async function readYaml<T>(
  reading: Reading,
  file: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const text = await readText(reading, file);
  if (text === undefined) return undefined;
  const parsed = parseYaml(text, file);
  if (parsed.ok) return checkShape(reading, file, schema, parsed.value);
  reading.problems.push(parsed.problem);
  return undefined;
}

/** An MDX file, compiled; its front matter is not checked yet. */
export async function readMdx(
  reading: Reading,
  file: string,
): Promise<{ page: Page; frontMatter: unknown } | undefined> {
  const text = await readText(reading, file);
  if (text === undefined) return undefined;
  try {
    const { code, outline, frontMatter } = await compileMdx(text, file);
    return { page: { code, outline }, frontMatter };
  } catch (error) {
    if (!(error instanceof MdxProblem)) throw error;
    reading.problems.push(error.message);
    return undefined;
  }
}

/** The simulator's scenario for what an author wrote; its manifests and files are read from `folder`. */
export async function readScenario(
  reading: Reading,
  folder: string,
  name: string,
  source: ScenarioSource,
): Promise<Scenario> {
  const manifests: string[] = [];
  for (const manifest of source.manifests) {
    const file = `${folder}/${manifest}`;
    const text = (await readText(reading, file)) ?? '';
    const danger = findYamlDanger(text);
    if (danger !== undefined) reading.problems.push(`${file} ${danger}`);
    else manifests.push(text);
  }
  const files = source.files && (await readFiles(reading, folder, source.files));
  return withoutUndefined({ name, ...source, manifests, files }) as Scenario;
}

/** Texts by the last part of their path: what lies on a workstation has no folders. */
async function readFiles(
  reading: Reading,
  folder: string,
  files: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const texts = files.map(
    async (file) =>
      [path.basename(file), (await readText(reading, `${folder}/${file}`)) ?? ''] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

/** Plain data without fields that are undefined, which hashing and exact optional types mind. */
function withoutUndefined(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data));
}

/** A short hash of plain data, whatever the order of its keys. */
export function hashContent(data: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, sorted(field)]),
    );
  };
  return createHash('sha256')
    .update(JSON.stringify(sorted(data)))
    .digest('hex')
    .slice(0, 16);
}
