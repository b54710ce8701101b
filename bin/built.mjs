// Is `.next` the build of these very sources? A hash of everything that a build reads is kept inside it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const folders = ['app', 'components', 'lib', 'public', 'prisma'];
const files = [
  'package-lock.json',
  'next.config.js',
  'proxy.ts',
  'tsconfig.json',
  'instrumentation.ts',
];
const mark = path.join(root, '.next', 'hopwise-sources');
const isIgnored = (name) =>
  /\.(test|bench)\.tsx?$|^generated$|^conformance$|^testing$|\.md$/.test(name);

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (isIgnored(entry.name)) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

/** sha256 over the names and bytes of all sources, and the Node that builds. */
export function sourcesHash() {
  const hash = createHash('sha256').update(process.versions.modules);
  const all = [
    ...files.map((file) => path.join(root, file)).filter((file) => existsSync(file)),
    ...folders
      .map((folder) => path.join(root, folder))
      .filter((folder) => existsSync(folder))
      .flatMap((f) => [...walk(f)]),
  ];
  for (const file of all)
    hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

export const isBuilt = () => existsSync(mark) && readFileSync(mark, 'utf8') === sourcesHash();
export const markBuilt = () => writeFileSync(mark, sourcesHash());
export const unmarkBuilt = () => rmSync(mark, { force: true });
