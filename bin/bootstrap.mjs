// Installs the dependencies when package-lock.json changed. Node built-ins only: nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Hopwise needs Node 20.19 or newer (24 is recommended); this is ${process.version}.`,
  );
  process.exit(1);
}

const stamp = path.join(root, 'node_modules', '.hopwise-installed');
const hash = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
  console.log('Installing dependencies (npm ci) ...');
  const npmScript = process.env.npm_execpath; // set by `npm start`; also right on Windows
  const isNpm = npmScript !== undefined && /npm-cli\.c?js$/.test(npmScript);
  const [file, first] = isNpm ? [process.execPath, [npmScript]] : ['npm', []];
  const args = [...first, 'ci', '--include=dev', '--no-audit', '--no-fund'];
  const done = spawnSync(file, args, {
    cwd: root,
    stdio: 'inherit',
    shell: !isNpm && process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error('The dependencies could not be installed. Nothing was started.');
    process.exit(done.status ?? 1);
  }
  writeFileSync(stamp, hash);
}
