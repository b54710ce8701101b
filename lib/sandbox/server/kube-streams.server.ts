import 'server-only';
import { askSandbox } from './fold-sandbox.server.ts';
import { tick } from './ordered-actions.server.ts';

/** Milliseconds between two looks at a sandbox that somebody watches. */
const LOOK_EVERY = 250;
const MOST_STREAMS = 100;

interface Listener {
  write(text: string): void;
  end(): void;
}

/** The open watches and followed logs of one sandbox on this server: one look serves them all. */
interface Watched {
  readonly listeners: Map<string, Listener>;
}

const kept = globalThis as unknown as { hopwiseKubeStreams?: Map<string, Watched> };
const watched = (kept.hopwiseKubeStreams ??= new Map());

const isDraining = () => Reflect.get(globalThis, Symbol.for('hopwise.draining')) === true;

/** A body that tells what the stream `name` has to say until it ends or its reader has gone; undefined when there are too many. */
export function openKubeStream(
  sandboxId: string,
  name: string,
  signal: AbortSignal,
): ReadableStream<Uint8Array> | undefined {
  const { listeners } = watched.get(sandboxId) ?? begin(sandboxId);
  if (listeners.size >= MOST_STREAMS) return undefined;
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      let isOpen = true;
      const end = () => {
        if (!isOpen) return;
        isOpen = false;
        listeners.delete(name);
        controller.close();
      };
      signal.addEventListener('abort', () => {
        isOpen = false;
        listeners.delete(name);
      });
      listeners.set(name, {
        write: (text) => {
          if (isOpen && text !== '') controller.enqueue(encoder.encode(text));
        },
        end,
      });
      // The head of the answer goes out with the first piece: clients wait for it before anything has happened.
      controller.enqueue(new Uint8Array(0));
    },
    cancel() {
      listeners.delete(name);
    },
  });
}

function begin(sandboxId: string): Watched {
  const one: Watched = { listeners: new Map() };
  watched.set(sandboxId, one);
  void look(sandboxId, one);
  return one;
}

/** Looks until nobody listens any more. Whatever breaks ends the streams: clients open them again. */
async function look(sandboxId: string, { listeners }: Watched): Promise<void> {
  try {
    do {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    } while (!isDraining() && listeners.size > 0 && (await lookOnce(sandboxId, listeners)));
  } catch (error) {
    console.error(`streams of sandbox ${sandboxId}:`, error);
  } finally {
    watched.delete(sandboxId);
    for (const listener of [...listeners.values()]) listener.end();
  }
}

/** Tells every listener what its stream has to say. False when there will never be more. */
async function lookOnce(sandboxId: string, listeners: Watched['listeners']): Promise<boolean> {
  const head = await tick(sandboxId);
  if (!head) return false;
  const streams = [...listeners.keys()];
  const outcome = await askSandbox(sandboxId, head, { type: 'poll', streams });
  if (outcome.type !== 'parts') return outcome.type === 'busy';
  for (const name of streams) {
    const part = outcome.parts[name];
    listeners.get(name)?.write(part?.text ?? '');
    if (part?.isClosed ?? true) listeners.get(name)?.end();
  }
  return true;
}
