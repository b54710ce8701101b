import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'prisma/config';

// Every Prisma command, even `generate`, wants a native schema engine that it would download. Where that
// download is impossible the engine's WebAssembly build from npm does the same work (docs/decisions/003).
const shim = path.join(import.meta.dirname, 'bin', 'schema-engine.mjs');
const enginesDir = path.join(import.meta.dirname, 'node_modules', '@prisma', 'engines');
const hasNative =
  existsSync(enginesDir) && readdirSync(enginesDir).some((f) => f.startsWith('schema-engine'));
if (!hasNative) process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= shim;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'tsx --conditions=react-server prisma/seed.ts' },
  datasource: {
    url: process.env['DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/hopwise',
  },
});
