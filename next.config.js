import { STATIC_SECURITY_HEADERS } from './lib/env/security-headers.js';

/** @type {import('next').NextConfig} */
const config = {
  reactStrictMode: true,
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  typedRoutes: true,
  // `npm test` checks types; a self-hoster who builds must not wait for it.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  serverExternalPackages: [
    'mdx-bundler',
    'esbuild',
    'shiki',
    '@shikijs/rehype',
    'pg',
    '@prisma/adapter-pg',
    '@node-rs/argon2',
  ],
  headers: () => Promise.resolve([{ source: '/:path*', headers: STATIC_SECURITY_HEADERS }]),
};
export default config;
