import { expose } from 'comlink';
import {
  act,
  completeLine,
  ENGINE_VERSION,
  forkSandbox,
  openSandbox,
  sandboxFingerprint,
  sendRequest,
  type Action,
  type Sandbox,
  type Transcript,
} from '#lib/simulator/index.ts';
import type {
  ActionOutcome,
  SandboxFault,
  SandboxView,
  SandboxWorker,
  ShownTrace,
} from '../protocol.ts';
import { showSandbox, showTrace } from '../show-sandbox.ts';

/** What this worker holds: a transcript, and the sandbox that it folds to. */
let current: { transcript: Transcript; sandbox: Sandbox } | undefined;

const faultOf = (error: unknown): SandboxFault => ({
  fault: error instanceof Error ? error.message : String(error),
});

/** Our own faults come back as data: the page says so and keeps the work. */
function guarded<T>(work: () => T): Promise<T | SandboxFault> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.resolve(faultOf(error));
  }
}

function held(): { transcript: Transcript; sandbox: Sandbox } {
  if (!current) throw new Error('No sandbox is open.');
  return current;
}

function fold(transcript: Transcript): SandboxView {
  current = { transcript, sandbox: openSandbox(transcript) };
  return showSandbox(current.sandbox, transcript.actions.length);
}

const worker: SandboxWorker = {
  open: (transcript) => guarded(() => fold(transcript)),
  act: (action: Action) =>
    guarded((): ActionOutcome => {
      const { transcript, sandbox } = held();
      const result = act(sandbox, action);
      const actions = [...transcript.actions, action];
      current = { transcript: { ...transcript, version: ENGINE_VERSION, actions }, sandbox };
      return {
        output: result.output,
        exitCode: result.exitCode,
        view: showSandbox(sandbox, actions.length),
      };
    }),
  undo: () =>
    guarded(() => {
      const { transcript } = held();
      return fold({ ...transcript, actions: transcript.actions.slice(0, -1) });
    }),
  complete: (line) => Promise.resolve(current ? completeLine(current.sandbox, line) : []),
  transcript: () => Promise.resolve(held().transcript),
  fingerprint: () => Promise.resolve(sandboxFingerprint(held().sandbox)),
  traceRequest: (from, url) =>
    guarded((): ShownTrace => {
      const fork = forkSandbox(held().sandbox);
      const { trace } = sendRequest(fork, from, url);
      const shown = showTrace(fork, trace);
      if (!shown) throw new Error(`The trace ${trace} is missing.`);
      return shown;
    }),
};

expose(worker);
