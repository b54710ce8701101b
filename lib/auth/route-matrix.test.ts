import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROUTE_MATRIX } from './route-matrix.ts';

interface Found {
  route: string;
  methods: string[];
}

/** What `app/` really answers: pages, and the methods that route handlers export. */
function routesOf(folder: string, route = ''): Found[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): Found[] => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory())
      return routesOf(full, entry.name.startsWith('(') ? route : `${route}/${entry.name}`);
    if (entry.name === 'page.tsx') return [{ route: route || '/', methods: ['GET'] }];
    if (entry.name !== 'route.ts') return [];
    const text = readFileSync(full, 'utf8');
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) =>
      new RegExp(`export (async )?(function|const) ${method}\\b|\\bas ${method}\\b`).test(text),
    );
    return [{ route: route || '/', methods }];
  });
}

const found = routesOf('app');

test('every page and route handler has one row in the matrix', () => {
  const rows = ROUTE_MATRIX.map((row) => row.route);
  expect(found.map(({ route }) => route).filter((route) => !rows.includes(route))).toEqual([]);
  expect(new Set(rows).size).toBe(rows.length);
});

test('every row stands for a page or route handler that exists', () => {
  const routes = new Set(found.map(({ route }) => route));
  expect(ROUTE_MATRIX.map((row) => row.route).filter((route) => !routes.has(route))).toEqual([]);
});

test.each(found.map((f) => [f.route, f.methods] as const))(
  '%s answers the methods of its row',
  (route, methods) => {
    expect(ROUTE_MATRIX.find((row) => row.route === route)?.methods.toSorted()).toEqual(
      methods.toSorted(),
    );
  },
);

test.each(
  ROUTE_MATRIX.filter((row) => row.methods.includes('GET')).map((row) => [row.route, row] as const),
)('%s has examples of its own shape', (route, row) => {
  const shape = new RegExp(
    `^${route.replace(/\[\.\.\.[^\]]+\]/g, '.+').replace(/\[[^\]]+\]/g, '[^/]+')}$`,
  );
  for (const example of row.examples) expect(example.split('?')[0]).toMatch(shape);
});
