/** Who asks: a page with its nonce, a page that others may frame, or an API that shows nothing. */
export type PolicyFor =
  | { kind: 'page'; nonce: string; isDevelopment: boolean }
  | { kind: 'embed'; nonce: string; isDevelopment: boolean }
  | { kind: 'api' };

/** The value of Content-Security-Policy. `style-src` admits inline styles: React writes style attributes. */
export function contentSecurityPolicy(policy: PolicyFor): string {
  if (policy.kind === 'api') return "default-src 'none'; frame-ancestors 'none'";
  const { nonce, isDevelopment } = policy;
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? ' ws:' : ''}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${policy.kind === 'embed' ? '*' : "'none'"}`,
  ].join('; ');
}
