// Plain JavaScript, because next.config.js reads it too.

/** On every response: pages, API, static files. The content security policy is in content-security-policy.ts. */
export const STATIC_SECURITY_HEADERS = [
  { key: 'x-content-type-options', value: 'nosniff' },
  { key: 'referrer-policy', value: 'strict-origin-when-cross-origin' },
  { key: 'cross-origin-opener-policy', value: 'same-origin' },
  { key: 'cross-origin-resource-policy', value: 'same-origin' },
  {
    key: 'permissions-policy',
    value: 'camera=(), geolocation=(), microphone=(self), payment=(), usb=()',
  },
  { key: 'x-permitted-cross-domain-policies', value: 'none' },
];
