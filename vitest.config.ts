import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const SERVER = '**/*.server.test.ts';
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
// `server-only` throws outside Next; what it guards is checked by the boundary rules.
const alias = { 'server-only': here('node_modules/server-only/empty.js') };

/** Unit tests stand beside their files. Server tests have a real Postgres: one database for each worker. */
export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['{lib,components,bin,app,e2e}/**/*.test.{ts,tsx,mjs}'],
          exclude: [...configDefaults.exclude, SERVER],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'server',
          include: ['{lib,app}/**/*.server.test.ts'],
          globalSetup: ['lib/db/testing/template-database.ts'],
          setupFiles: ['lib/db/testing/worker-database.ts', 'lib/auth/testing/request.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
