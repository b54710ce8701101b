// `npm run budgets`: the JavaScript that a page loads before anybody touches it, gzipped, above a bare Next page,
// route by route, from the last build. A route over its budget fails. What loads later (editor, terminal, worker)
// is measured in a browser by e2e/budgets.spec.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const build = path.resolve(import.meta.dirname, '..', '.next');
const KIB = 1024;

/** One layout, one page, no client component, built with next 16.4.5 and react 19.3.1: the floor of everything. */
const BARE_PAGE_KIB = 131.9;

/** KiB above the bare page; the first row that matches counts (docs/testing.md). */
const BUDGETS = [
  [/^\/$/, 10],
  [/^\/learn\/.*\/quiz$/, 35],
  [/^\/learn/, 25],
  [/^\/mock/, 45],
  [/^\/(sandbox|exercises|fix)/, 60],
  [/^\/admin/, 600],
  [/./, 45],
];

const sizes = new Map();
function sizeOf(file) {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(path.join(build, file)), { level: 9 }).length);
  return sizes.get(file);
}

function* manifests(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* manifests(full);
    else if (entry.name === 'page_client-reference-manifest.js') yield full;
  }
}

/** The manifest is a script that assigns to a global: { '/(people)/signin/page': { entryJSFiles } }. */
function readManifest(file) {
  const context = {};
  new Function('globalThis', readFileSync(file, 'utf8'))(context);
  return Object.entries(context.__RSC_MANIFEST)[0];
}

if (!existsSync(path.join(build, 'build-manifest.json'))) {
  console.error('There is no build to measure. Run `npm start` or `npx next build` first.');
  process.exit(1);
}
const shared = JSON.parse(
  readFileSync(path.join(build, 'build-manifest.json'), 'utf8'),
).rootMainFiles;
const rows = [...manifests(path.join(build, 'server', 'app'))]
  .map(readManifest)
  .map(([page, manifest]) => {
    const route = page.replace(/\/page$/, '').replace(/\/\([^)]+\)/g, '') || '/';
    const files = new Set([...shared, ...Object.values(manifest.entryJSFiles).flat()]);
    const above = [...files].reduce((sum, file) => sum + sizeOf(file), 0) / KIB - BARE_PAGE_KIB;
    return { route, above, budget: BUDGETS.find(([pattern]) => pattern.test(route))[1] };
  });

let failed = 0;
for (const { route, above, budget } of rows.sort((a, b) => (a.route < b.route ? -1 : 1))) {
  const isOver = above > budget;
  if (isOver) failed += 1;
  console.log(
    `${isOver ? 'OVER' : '  ok'}  +${above.toFixed(1).padStart(6)} of ${String(budget).padStart(3)} KiB  ${route}`,
  );
}
process.exit(failed === 0 ? 0 : 1);
