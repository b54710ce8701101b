import { beforeEach, vi } from 'vitest';

/** What `next/headers` gives in server tests: one browser's cookies and the headers of its request. */
export const request = {
  cookies: new Map<string, string>(),
  headers: new Map<string, string>(),
};

vi.mock('next/headers', () => ({
  cookies: () =>
    Promise.resolve({
      get: (name: string) => {
        const value = request.cookies.get(name);
        return value === undefined ? undefined : { name, value };
      },
      set: (name: string, value: string, options?: { maxAge?: number }) => {
        if (options?.maxAge === 0) request.cookies.delete(name);
        else request.cookies.set(name, value);
      },
    }),
  headers: () => Promise.resolve({ get: (name: string) => request.headers.get(name) ?? null }),
}));

/** Another browser, at an address of its own. */
export function openBrowser(): void {
  request.cookies.clear();
  request.headers.clear();
  request.headers.set('x-forwarded-for', `test-${crypto.randomUUID()}`);
  request.headers.set('user-agent', 'a test');
}

beforeEach(openBrowser);
