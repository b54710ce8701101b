import 'server-only';
import { hash, verify } from '@node-rs/argon2';

/** argon2id; one hash holds 19 MiB, so two run at once and at most 50 wait. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = '$argon2id$v=19$m=19456,t=2,p=1$';
const AT_ONCE = 2;
const MAY_WAIT = 50;

/** Too many passwords are being checked. Answer 429 or say so; nobody was let in. */
export class TooManyHashes extends Error {}

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MAY_WAIT) throw new TooManyHashes('too many passwords are being checked');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** For people to be let in later. The password is taken as it is: never cut, never normalised. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, OPTIONS));
}

let nobody: Promise<string> | undefined;

/** Without a hash (unknown user, no password) the same work is done for nothing, so that time tells nothing. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  nobody ??= hash('nobody has this password', OPTIONS);
  const against = stored ?? (await nobody);
  const isRight = await inTurn(() => verify(against, password));
  return isRight && stored !== null;
}

/** Was it made with older parameters? Then it is made anew at the next sign-in. */
export function needsRehash(stored: string): boolean {
  return !stored.startsWith(CURRENT);
}
