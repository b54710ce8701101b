import { expose } from 'comlink';
import type { Action, LiveEntry, Transcript } from '#lib/simulator/index.ts';
import {
  act,
  completeLine,
  ENGINE_VERSION,
  followEntry,
  forkSandbox,
  lastActOf,
  noCommands,
  openLive,
  openSandbox,
  passLiveTime,
  plainTranscript,
  promptOf,
  sandboxFingerprint,
  sendRequest,
  withShell,
  type CreateShell,
  type LiveSandbox,
  type Sandbox,
} from '#lib/simulator/page.ts';
import type {
  ActionOutcome,
  LiveOutcome,
  SandboxFault,
  SandboxView,
  SandboxWorker,
  ShownTrace,
} from '../protocol.ts';
import { showSandbox, showTrace, type TellStory } from '../show-sandbox.ts';
import type { Walk } from '../walk-sandbox.ts';

/** The moment in the worker's performance entries: e2e/budgets.spec.ts counts what was loaded before. */
const CLUSTER_STANDS = 'cluster-stands';

/** What this worker holds: a transcript, and the sandbox that it folds to. */
let current: { transcript: Transcript; sandbox: Sandbox } | undefined;

const faultOf = (error: unknown): SandboxFault => ({
  fault: error instanceof Error ? error.message : String(error),
});

/** What was asked for earlier: the page's questions are answered one after another. */
let earlier: Promise<unknown> = Promise.resolve();

/** The ordered stream, while the sandbox is live. */
let live: LiveSandbox | undefined;

/** Our own faults come back as data: the page says so and keeps the work. */
function guarded<T>(work: () => T | Promise<T>): Promise<T | SandboxFault> {
  const answer = earlier.then(work).catch(faultOf);
  earlier = answer;
  return answer;
}

function held(): { transcript: Transcript; sandbox: Sandbox } {
  if (!current) throw new Error('No sandbox is open.');
  return current;
}

/** Traces in words: a part of its own, here before the first packet is sent. */
let tell: TellStory | undefined;

async function loadStory(): Promise<TellStory> {
  tell ??= (await import('#lib/simulator/story.ts')).tellStory;
  return tell;
}

/** The commands of the terminal: a part of its own, which comes when the cluster stands. */
let commands: Promise<CreateShell> | undefined;

function loadCommands(): Promise<CreateShell> {
  commands ??= Promise.all([import('#lib/simulator/terminal.ts'), loadStory()]).then(
    ([terminal]) => terminal.createShellSystem,
    () => {
      commands = undefined; // the next one tries again
      throw new Error(
        'The commands of the terminal did not arrive. Start again when the connection is back.',
      );
    },
  );
  return commands;
}

const needsCommands = ({ scenario, actions }: Transcript) =>
  actions.length > 0 || (scenario.prepare ?? []).length > 0;

async function fold(transcript: Transcript): Promise<SandboxView> {
  live = undefined;
  const createShell = needsCommands(transcript) ? await loadCommands() : noCommands;
  walk = undefined;
  current = { transcript, sandbox: openSandbox(transcript, createShell) };
  return showSandbox(current.sandbox, transcript.actions.length, tell);
}

/** Does the entries one after another, then lets time pass. What Undo took is said by name. */
function followLive(
  stream: LiveSandbox,
  entries: readonly LiveEntry[],
  clock: number,
): LiveOutcome {
  const printed = entries.map((entry) => {
    const taken =
      entry.what.type === 'undo' ? lastActOf(stream.base, stream.entries)?.action : undefined;
    const prompt = promptOf(stream.sandbox.terminal);
    const { output, exitCode, fault = '' } = followEntry(stream, entry);
    const said = fault === '' ? output : `${output}A fault of ours, nothing was done: ${fault}\n`;
    return {
      sequence: entry.sequence,
      prompt,
      output: said,
      exitCode,
      ...(taken ? { taken } : {}),
    };
  });
  const output = passLiveTime(stream, clock);
  const { base, sandbox } = stream;
  const acts = base.actions.length + stream.entries.length;
  const hasEntries = entries.length > 0 || !current;
  const transcript = hasEntries ? plainTranscript(base, stream.entries, clock) : held().transcript;
  current = { transcript, sandbox };
  const lastAct = lastActOf(base, stream.entries);
  return {
    view: showSandbox(sandbox, acts, tell),
    printed,
    output,
    ...(lastAct ? { lastAct } : {}),
    ...(hasEntries ? { transcript } : {}),
  };
}

/** What is held, with every command. */
async function heldWithCommands(): Promise<{ transcript: Transcript; sandbox: Sandbox }> {
  const createShell = await loadCommands();
  const { transcript, sandbox } = held();
  if (sandbox.createShell === createShell) return { transcript, sandbox };
  current = { transcript, sandbox: withShell(sandbox, createShell) };
  return current;
}

/** What answers about policies: a part of its own, which comes behind the commands. */
const loadPolicies = () =>
  Promise.all([import('../answer-policies.ts'), import('../walk-sandbox.ts')]);

/** Where the transcript came by, while comparisons ask for it. */
let walk: Walk | undefined;

const worker: SandboxWorker = {
  open: async (transcript) => {
    const view = await guarded(() => fold(transcript));
    // Here before anybody types, also when the network goes away meanwhile.
    performance.mark(CLUSTER_STANDS);
    loadCommands()
      .then(loadPolicies)
      .catch(() => undefined);
    return view;
  },
  act: (action: Action) =>
    guarded(async (): Promise<ActionOutcome> => {
      const { transcript, sandbox } = await heldWithCommands();
      const result = act(sandbox, action);
      const actions = [...transcript.actions, action];
      current = { transcript: { ...transcript, version: ENGINE_VERSION, actions }, sandbox };
      return {
        output: result.output,
        exitCode: result.exitCode,
        view: showSandbox(sandbox, actions.length, tell),
      };
    }),
  openLive: (base, entries, clock) =>
    guarded(async () => {
      current = undefined;
      live = openLive(base, await loadCommands());
      return followLive(live, entries, clock);
    }),
  follow: (entries, clock) =>
    guarded(() => {
      if (!live) throw new Error('No live sandbox is open.');
      return followLive(live, entries, clock);
    }),
  undo: () =>
    guarded(() => {
      const { transcript } = held();
      return fold({ ...transcript, actions: transcript.actions.slice(0, -1) });
    }),
  complete: async (line) => {
    const offered = await guarded(async () =>
      current ? completeLine((await heldWithCommands()).sandbox, line) : [],
    );
    return 'fault' in offered ? [] : offered;
  },
  transcript: () => Promise.resolve(held().transcript),
  fingerprint: () => Promise.resolve(sandboxFingerprint(held().sandbox)),
  traceRequest: (from, url) =>
    guarded(async (): Promise<ShownTrace> => {
      const story = await loadStory();
      const fork = forkSandbox(held().sandbox);
      const { trace } = sendRequest(fork, from, url);
      const shown = showTrace(fork, trace, story);
      if (!shown) throw new Error(`The trace ${trace} is missing.`);
      return shown;
    }),
  askPolicies: (question) =>
    guarded(async () => {
      const [{ answerPolicies }, { sandboxAt, walkSandbox }] = await loadPolicies();
      const { transcript, sandbox } = await heldWithCommands();
      return answerPolicies(question, {
        now: sandbox,
        earlier(moment) {
          walk = walkSandbox(walk, transcript, sandbox.createShell);
          return sandboxAt(walk, moment);
        },
      });
    }),
};

expose(worker);
