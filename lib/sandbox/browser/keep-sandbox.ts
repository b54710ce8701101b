import { get, set } from 'idb-keyval';
import type { Transcript } from '#lib/simulator/index.ts';
import type { KeptLive } from './live-link.ts';
import type { LogEntry } from './sandbox-log.ts';

/** What survives a reload: the transcript is the sandbox, the log is only what was read. */
export interface KeptSandbox {
  readonly transcript: Transcript;
  readonly log: readonly LogEntry[];
  /** What a reset threw away, until the next act. */
  readonly beforeReset?: Transcript;
  /** While a kubeconfig of it is live: the transcript is then what this browser has heard of the stream. */
  readonly live?: KeptLive;
  readonly writer: string;
  readonly revision: number;
}

/** Where sandboxes are kept; replaced in tests. */
export interface SandboxKeeper {
  load(key: string): Promise<KeptSandbox | undefined>;
  save(key: string, kept: KeptSandbox): Promise<void>;
  /** Calls back when another tab saves the same sandbox; returns how to stop. */
  watch(key: string, onForeignSave: (writer: string) => void): () => void;
}

/** Keeps sandboxes in this browser's IndexedDB, and tells other tabs. */
export function createBrowserKeeper(): SandboxKeeper {
  const channelName = (key: string) => `hopwise.sandbox.${key}`;
  const channels = new Map<string, BroadcastChannel>();
  const channelOf = (key: string) => {
    const found = channels.get(key) ?? new BroadcastChannel(channelName(key));
    channels.set(key, found);
    return found;
  };
  return {
    load: (key) => get<KeptSandbox>(`sandbox:${key}`),
    async save(key, kept) {
      await set(`sandbox:${key}`, kept);
      channelOf(key).postMessage(kept.writer);
    },
    watch(key, onForeignSave) {
      const listen = (event: MessageEvent<unknown>) => {
        if (typeof event.data === 'string') onForeignSave(event.data);
      };
      const channel = channelOf(key);
      channel.addEventListener('message', listen);
      return () => {
        channel.removeEventListener('message', listen);
        channel.close();
        channels.delete(key);
      };
    },
  };
}
