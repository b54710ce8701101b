// The Prisma client is generated code (lib/db/generated, git-ignored): made again when the schema changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const stamp = path.join(root, 'lib', 'db', 'generated', '.schema');

export function ensureGeneratedClient() {
  const hash = createHash('sha256')
    .update(readFileSync(path.join(root, 'prisma', 'schema.prisma')))
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const prisma = path.join(root, 'node_modules', 'prisma', 'build', 'index.js');
  const done = spawnSync(process.execPath, [prisma, 'generate'], { cwd: root, encoding: 'utf8' });
  if (done.status !== 0)
    throw new Error(`prisma generate did not succeed:\n${done.stdout}\n${done.stderr}`);
  writeFileSync(stamp, hash);
}
