import { expect, test } from 'vitest';
import { parseImageReference } from './image-reference.ts';
import { IMAGES } from './images.ts';
import { createPrograms } from './programs.ts';
import { createProgramLab } from '../testing/program-lab.ts';
import { baseName } from './process/sh.ts';

test.each([
  ['nginx', { repository: 'nginx', tag: 'latest' }],
  ['nginx:1.27', { repository: 'nginx', tag: '1.27' }],
  ['docker.io/library/nginx:1.27', { repository: 'nginx', tag: '1.27' }],
  ['index.docker.io/curlimages/curl', { repository: 'curlimages/curl', tag: 'latest' }],
  [
    'registry.k8s.io/coredns/coredns:v1.13.1',
    { repository: 'registry.k8s.io/coredns/coredns', tag: 'v1.13.1' },
  ],
  ['localhost:5000/a/b:c', { repository: 'localhost:5000/a/b', tag: 'c' }],
  [
    `nginx@sha256:${'a'.repeat(64)}`,
    { repository: 'nginx', tag: '', digest: `sha256:${'a'.repeat(64)}` },
  ],
])('an image reference: %s', (text, expected) => {
  expect(parseImageReference(text)).toEqual(expected);
});

test.each(['', 'Nginx', 'nginx:', 'nginx:a b', 'nginx@sha256:12', '/nginx', 'a//b'])(
  'no image reference: "%s"',
  (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  },
);

test('every image starts a program that exists', () => {
  const programs = createPrograms(createProgramLab());
  const missing = Object.values(IMAGES).filter(
    ({ entrypoint, command }) => !programs[baseName([...entrypoint, ...command][0] ?? '')],
  );
  expect(missing.map(({ repository }) => repository)).toEqual([]);
});
