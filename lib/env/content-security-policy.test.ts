import { expect, test } from 'vitest';
import { contentSecurityPolicy } from './content-security-policy.ts';

const directive = (policy: string, name: string) =>
  policy.split('; ').find((part) => part.startsWith(`${name} `));

test('scripts of a page need the nonce, and nothing inline or evaluated runs', () => {
  const policy = contentSecurityPolicy({ kind: 'page', nonce: 'abc', isDevelopment: false });
  expect(directive(policy, 'script-src')).toBe("script-src 'self' 'nonce-abc' 'strict-dynamic'");
  expect(directive(policy, 'frame-ancestors')).toBe("frame-ancestors 'none'");
  expect(directive(policy, 'worker-src')).toBe("worker-src 'self'");
  expect(directive(policy, 'object-src')).toBe("object-src 'none'");
});

test('only what is embedded may be framed', () => {
  const policy = contentSecurityPolicy({ kind: 'embed', nonce: 'abc', isDevelopment: false });
  expect(directive(policy, 'frame-ancestors')).toBe('frame-ancestors *');
});

test('an answer of the API shows nothing', () => {
  expect(contentSecurityPolicy({ kind: 'api' })).toBe("default-src 'none'; frame-ancestors 'none'");
});
