import { NextResponse, type NextRequest } from 'next/server';
import { contentSecurityPolicy } from '#lib/env/content-security-policy.ts';

/**
 * Puts a fresh nonce and the content security policy on every page, and a policy that allows nothing on the API.
 * It decides about nobody: who may do what is asked in the data layer (lib/auth/authorize.ts).
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  if (pathname.startsWith('/api/')) {
    const response = NextResponse.next();
    response.headers.set('content-security-policy', contentSecurityPolicy({ kind: 'api' }));
    response.headers.set('cache-control', 'no-store');
    return response;
  }
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
  const policy = contentSecurityPolicy({
    kind: pathname.startsWith('/embed/') ? 'embed' : 'page',
    nonce,
    isDevelopment: process.env.NODE_ENV === 'development',
  });
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

export const config = { matcher: ['/((?!_next/static|_next/image).*)'] };
