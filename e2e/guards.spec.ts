import { ROUTE_MATRIX, type Audience, type RouteRow } from '#lib/auth/route-matrix.ts';
import { become, expect, test, type Person } from './fixtures.ts';

// The crawl provokes one violation on purpose: an inline handler.
test.use({ provoked: /inline event handler/ });

const MISSING = '/there-is-no-such-page';
const examples = (row: RouteRow) => row.examples.map((address) => ({ address, row }));
const gets = ROUTE_MATRIX.filter((row) => row.methods.includes('GET')).flatMap(examples);
const pages = gets.filter(({ address }) => !address.startsWith('/api/'));

for (const address of [...pages.map((each) => each.address), MISSING]) {
  test(`${address} runs under its policy, without a violation`, async ({ page, context }) => {
    await become(context, 'admin'); // who sees every page
    await page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(window, { violations: seen });
      document.addEventListener('securitypolicyviolation', (event) => {
        seen.push(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    const response = await page.goto(address);
    expect(response?.status()).toBe(address === MISSING ? 404 : 200);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toMatch(/script-src 'self' 'nonce-[A-Za-z0-9+/=]{22,}' 'strict-dynamic'(;|$)/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    await page.waitForLoadState('networkidle');
    // Hydrated: React keeps its props on the nodes that it took over.
    await page.waitForFunction(() =>
      Object.keys(document.body)
        .concat(Object.keys(document.documentElement))
        .some((key) => key.startsWith('__react')),
    );
    expect(
      await page.evaluate(() => (window as unknown as { violations: string[] }).violations),
    ).toEqual([]);
    // And the policy is alive: an inline handler does not run.
    const ran = await page.evaluate(() => {
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.ranInline = true');
      document.body.append(button);
      button.click();
      return 'ranInline' in window;
    });
    expect(ran).toBe(false);
  });
}

for (const address of [
  '/',
  MISSING,
  '/api/livez',
  '/api/auth/session',
  '/_next/static/nothing.js',
  '/favicon.ico',
]) {
  test(`${address} carries the security headers`, async ({ request }) => {
    const headers = (await request.get(address)).headers();
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    if (!address.startsWith('/_next/'))
      expect(headers['content-security-policy']).toContain('frame-ancestors');
  });
}

test('the nonce differs between two requests, and what carries one is kept by no cache', async ({
  request,
}) => {
  const [one, two] = [await request.get('/'), await request.get('/')];
  const nonce = (policy = '') => /nonce-([^']+)/.exec(policy)?.[1];
  expect(nonce(one.headers()['content-security-policy'])).not.toBe(
    nonce(two.headers()['content-security-policy']),
  );
  expect(one.headers()['cache-control']).toMatch(/no-store/);
});

test('a nonce or an internal header from outside has no effect', async ({ request }) => {
  const headers = {
    'x-nonce': 'mine',
    'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy',
    'x-forwarded-host': 'evil.example',
  };
  const response = await request.get('/', { headers });
  expect(response.headers()['content-security-policy']).toMatch(/nonce-/);
  const body = await response.text();
  expect(body).not.toContain('nonce="mine"');
  expect(body).not.toContain('evil.example');
});

test('TRACE is refused', async ({ request }) => {
  expect(
    (await request.fetch('/', { method: 'TRACE' }).catch(() => undefined))?.status() ?? 405,
  ).toBe(405);
});

const RANK: Record<Person, number> = {
  stranger: 0,
  guest: 1,
  learner: 2,
  author: 3,
  reviewer: 4,
  admin: 5,
};
const NEEDED: Record<Audience, number> = {
  everyone: 0,
  known: 1,
  user: 2,
  author: 3,
  reviewer: 4,
  admin: 5,
};

for (const person of ['stranger', 'guest', 'learner', 'author', 'reviewer', 'admin'] as const) {
  test(`a ${person} gets what the matrix says, and nothing else`, async ({ context }) => {
    await become(context, person);
    for (const { address, row } of gets) {
      const response = await context.request.get(address, { maxRedirects: 0 });
      const isAllowed = RANK[person] >= NEEDED[row.who];
      if (isAllowed) expect(response.status(), `${person} ${address}`).toBeLessThan(400);
      else if (row.who === 'user')
        expect(response.headers()['location'], `${person} ${address}`).toContain('/signin');
      else expect(response.status(), `${person} ${address}`).toBe(404);
    }
  });
}

for (const row of ROUTE_MATRIX.filter(
  (each) => each.methods.some((method) => method !== 'GET') && !each.route.startsWith('/api/auth'),
)) {
  test(`${row.route} refuses what another site sends`, async ({ request }) => {
    for (const method of row.methods.filter((each) => each !== 'GET')) {
      for (const address of row.examples.length > 0
        ? row.examples
        : [row.route.replace(/\[[^\]]+\]/g, 'x')]) {
        for (const origin of ['https://evil.example', 'null', 'http://sub.localhost']) {
          const response = await request.fetch(address, {
            method,
            headers: { origin, 'content-type': 'application/json' },
            data: '{}',
          });
          expect(response.status(), `${method} ${address} from ${origin}`).toBe(403);
        }
      }
    }
  });
}
