import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The secret that signs cookies: made once, kept in the data folder, readable by its owner alone. */
export function authSecret(folder) {
  const file = path.join(folder, 'auth-secret');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const whole = `${file}.${process.pid}`;
    writeFileSync(whole, randomBytes(32).toString('base64url'), { mode: 0o600 });
    renameSync(whole, file); // never half a secret, also when the machine stops here
  }
  return readFileSync(file, 'utf8');
}
