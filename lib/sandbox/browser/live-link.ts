import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { HeardEntry, LiveAnswer, LiveBeginning } from '../live-protocol.ts';

/** What a browser keeps of a live sandbox: enough to fold it again, and to ask for the rest. */
export interface KeptLive {
  readonly id: string;
  readonly base: Transcript;
  readonly entries: readonly HeardEntry[];
  readonly clock: number;
  readonly expiresAt: string;
}

export type Reply<T> =
  | { readonly type: 'heard'; readonly value: T; readonly status: number }
  | { readonly type: 'refused'; readonly status: number; readonly problem: string }
  /** No connection, or a server that is just starting again. */
  | { readonly type: 'unreached' };

/** The server's side of live sandboxes, over HTTP; replaced in tests. */
export interface LiveLink {
  begin(id: string, contentId: string, transcript: Transcript): Promise<Reply<LiveBeginning>>;
  /** Does something behind everything that was done. The same key is never done twice. */
  act(
    id: string,
    key: string,
    after: number,
    what: Action | { readonly type: 'undo'; readonly of: number },
  ): Promise<Reply<LiveAnswer>>;
  /** What happened behind `after`, at the latest after `wait` milliseconds. */
  listen(id: string, after: number, wait: number): Promise<Reply<LiveAnswer>>;
  end(id: string): Promise<Reply<LiveAnswer>>;
}

async function ask<T>(
  address: string,
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
): Promise<Reply<T>> {
  try {
    const response = await fetch(`/api/sandboxes${address}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const { status } = response;
    if (status >= 500) return { type: 'unreached' };
    const value = (await response.json()) as T & { problem?: string };
    return typeof value.problem === 'string'
      ? { type: 'refused', status, problem: value.problem }
      : { type: 'heard', value, status };
  } catch {
    return { type: 'unreached' };
  }
}

/**
 * Each question is a whole request that is answered when there is something to tell, and after a while anyway: it passes
 * every proxy, a server that starts again costs one of them, and nothing is remembered on the way but a number.
 */
export function createLiveLink(): LiveLink {
  return {
    begin: (id, contentId, transcript) => ask('', 'POST', { id, contentId, transcript }),
    act: (id, key, after, what) => ask(`/${id}/actions`, 'POST', { key, after, what }),
    listen: (id, after, wait) => ask(`/${id}/actions?after=${after}&wait=${wait}`, 'GET'),
    end: (id) => ask(`/${id}`, 'DELETE'),
  };
}
