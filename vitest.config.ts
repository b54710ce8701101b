import { defineConfig } from 'vitest/config';

/** Unit tests stand beside their files; server tests (`*.server.test.ts`) run in their own project with a database. */
export default defineConfig({
  test: {
    include: ['{lib,components,bin,app}/**/*.test.{ts,tsx,mjs}'],
    exclude: ['**/node_modules/**', '**/*.server.test.ts'],
  },
});
