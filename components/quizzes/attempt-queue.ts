import { createStore, del, entries, set, type UseStore } from 'idb-keyval';

/** Who the page was made for. What a signed-in user answered is never sent as somebody else. */
export type Owner = 'nobody' | 'guest' | `user ${string}`;

/** One logical action, kept until the server has acknowledged it: one record each, written before the first send. */
interface Waiting {
  readonly url: string;
  readonly body: { readonly key: string };
  readonly owner: Owner;
  readonly madeAt: number;
}

export type Sending = 'sending' | 'waiting';

export type Answer<T> =
  | { readonly type: 'acknowledged'; readonly data: T }
  /** The server understood and refused: sending it again would not help. */
  | { readonly type: 'refused'; readonly problem: string };

let opened: UseStore | undefined;
const store = () => (opened ??= createStore('hopwise-attempts', 'waiting'));

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const REQUEST_LIMIT_MS = 15_000;

/** A private window may refuse to keep anything; the answer is then sent all the same. */
async function keepQuietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // said above
  }
}

/**
 * Sends one action until the server has answered it: kept in this browser first, tried again after what may pass
 * (no network, 408, 425, 429, 5xx) with growing random pauses. The key in the body makes repeats harmless.
 */
export async function sendAttempt<T>(
  url: string,
  body: { readonly key: string },
  owner: Owner,
  onSending: (state: Sending) => void,
): Promise<Answer<T>> {
  const record: Waiting = { url, body, owner, madeAt: Date.now() };
  await keepQuietly(set(body.key, record, store()));
  return deliver<T>(record, onSending);
}

async function deliver<T>(
  record: Waiting,
  onSending: (state: Sending) => void,
): Promise<Answer<T>> {
  for (let tries = 0; ; tries += 1) {
    onSending(tries === 0 ? 'sending' : 'waiting');
    const outcome = await post<T>(record);
    if (outcome.type !== 'again') {
      await keepQuietly(del(record.body.key, store()));
      return outcome;
    }
    onSending('waiting');
    await pause(outcome.afterMs ?? backOff(tries));
  }
}

type Outcome<T> = Answer<T> | { readonly type: 'again'; readonly afterMs?: number };

async function post<T>({ url, body }: Waiting): Promise<Outcome<T>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    if (response.ok) return { type: 'acknowledged', data: (await response.json()) as T };
    if ([408, 425, 429].includes(response.status) || response.status >= 500) {
      const seconds = Number(response.headers.get('retry-after'));
      return { type: 'again', ...(seconds > 0 ? { afterMs: seconds * 1_000 } : {}) };
    }
    const told = (await response.json().catch(() => ({}))) as { problem?: string };
    return { type: 'refused', problem: told.problem ?? `The server answered ${response.status}.` };
  } catch {
    return { type: 'again' };
  }
}

const backOff = (tries: number) =>
  Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10));

/** Ends early when the connection comes back. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      window.removeEventListener('online', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    window.addEventListener('online', finish);
  });
}

function mayBeSent(record: Waiting, owner: Owner): boolean {
  // What was done before signing in belongs to whoever signs in on this device: its guest row was merged.
  return record.owner === owner || !record.owner.startsWith('user ');
}

/** Sends what an earlier page left, in the order in which it was done. Returns how many were acknowledged. */
export async function sendLeftovers(owner: Owner): Promise<number> {
  let sent = 0;
  try {
    const left = (await entries<string, Waiting>(store()))
      .map(([, record]) => record)
      .filter((record) => mayBeSent(record, owner))
      .sort((a, b) => a.madeAt - b.madeAt);
    for (const record of left) {
      const { type } = await deliver(record, () => undefined);
      if (type === 'acknowledged') sent += 1;
    }
  } catch {
    // Nothing was kept here, or nothing can be.
  }
  return sent;
}
