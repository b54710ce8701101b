import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../base/clock.ts';
import { formatGoDuration, mayRetryAt, nextBackOff, type BackOff } from './back-off.ts';
import { findImage, parseImageName } from './find-image.ts';

test('restarts wait 10 s, then twice as long each time, at most 5 minutes', () => {
  let backOff: BackOff | undefined;
  let now = 0;
  const waits: string[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const at = mayRetryAt(backOff, now, now);
    waits.push(formatGoDuration(at - now));
    now = at + SECOND;
    backOff = nextBackOff(backOff, now);
  }
  expect(waits).toEqual(['0s', '10s', '20s', '40s', '1m20s', '2m40s', '5m0s', '5m0s']);
});

test('ten quiet minutes make up for all failures', () => {
  const old: BackOff = { delay: 5 * MINUTE, updatedAt: 0 };
  expect(mayRetryAt(old, 11 * MINUTE, 11 * MINUTE)).toBe(11 * MINUTE);
  expect(nextBackOff(old, 11 * MINUTE).delay).toBe(10 * SECOND);
});

test.each([
  ['nginx', { host: 'docker.io', path: 'library/nginx', tag: ':latest' }],
  ['nginx:1.27', { host: 'docker.io', path: 'library/nginx', tag: ':1.27' }],
  ['bitnami/redis', { host: 'docker.io', path: 'bitnami/redis', tag: ':latest' }],
  [
    'registry.k8s.io/e2e-test-images/agnhost:2.53',
    { host: 'registry.k8s.io', path: 'e2e-test-images/agnhost', tag: ':2.53' },
  ],
  ['localhost:5000/web', { host: 'localhost:5000', path: 'web', tag: ':latest' }],
  ['Nginx', undefined],
  ['nginx:', undefined],
])('image name %s', (text, expected) => {
  expect(parseImageName(text)).toEqual(expected);
});

test.each([
  ['nginx', true],
  ['docker.io/library/nginx:1.27', true],
  ['library/nginx', true],
  ['other.example/nginx', false],
  ['constructor', false],
])('whether the registry has %s', (text, expected) => {
  const nginx = {
    repository: 'nginx',
    entrypoint: [],
    command: ['nginx'],
    environment: {},
    files: {},
    commands: [],
    size: 1,
  };
  expect(findImage(text, { nginx }) !== undefined).toBe(expected);
});
