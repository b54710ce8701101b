import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { LiveBeginning } from '../live-protocol.ts';
import type {
  ActionOutcome,
  LiveEntry,
  LiveOutcome,
  SandboxFault,
  SandboxView,
  ShownTrace,
} from '../protocol.ts';
import type { PolicyAnswer, PolicyQuestion } from '../policy-protocol.ts';
import { appendAction, describeAct, hasActs, isTime, withoutLastAct } from '../append-action.ts';
import type { KeptSandbox, SandboxKeeper } from './keep-sandbox.ts';
import type { KeptLive, LiveLink } from './live-link.ts';
import type { LiveHost, LiveSession } from './live-session.ts';
import { logAction, logHeard, noteIn } from './log-action.ts';
import { appendEntry, type LogEntry } from './sandbox-log.ts';

/** What the session needs of a worker; comlink's remote of SandboxWorker fits, and so does a plain object. */
export interface SessionWorker {
  open(transcript: Transcript): Promise<SandboxView | SandboxFault>;
  act(action: Action): Promise<ActionOutcome | SandboxFault>;
  openLive(
    base: Transcript,
    entries: readonly LiveEntry[],
    clock: number,
  ): Promise<LiveOutcome | SandboxFault>;
  follow(entries: readonly LiveEntry[], clock: number): Promise<LiveOutcome | SandboxFault>;
  complete(line: string): Promise<readonly string[]>;
  traceRequest(from: string, url: string): Promise<ShownTrace | SandboxFault>;
  askPolicies(question: PolicyQuestion): Promise<PolicyAnswer | SandboxFault>;
}

/** What a page draws. A new object after every change. */
export interface SandboxSnapshot {
  readonly status: 'starting' | 'ready' | 'faulted';
  readonly view: SandboxView | undefined;
  readonly log: readonly LogEntry[];
  readonly isBusy: boolean;
  readonly fault: string | undefined;
  /** Another tab wrote the same sandbox after this one had opened it. */
  readonly isOvertaken: boolean;
  readonly canUndo: boolean;
  readonly canUndoReset: boolean;
  /** The page could not keep the work in this browser. */
  readonly isUnkept: boolean;
  /** A kubeconfig of this sandbox is live: the server orders what is done. */
  readonly live: { readonly expiresAt: string; readonly isConnected: boolean } | undefined;
}

export interface SessionOptions {
  readonly key: string;
  /** Where it starts, and what a reset returns to. */
  readonly initial: Transcript;
  readonly startWorker: (onBroken: (message: string) => void) => {
    worker: SessionWorker;
    stop: () => void;
  };
  readonly keeper: SandboxKeeper;
  readonly writer: string;
  /** Whether something kept under the key is opened; a shared link opens itself. */
  readonly from: 'kept' | 'initial';
  /** The server's side of a live sandbox, fetched when there is one. */
  readonly liveLink?: LiveLink;
}

const SECOND = 1_000_000;
/** After an act the cluster lives on for a while, so that the picture shows what it led to. */
const IDLE_TICKS = 10;
/** What streams goes on for five minutes at most; the transcript has a limit. */
const RUNNING_TICKS = 300;

const EMPTY: SandboxSnapshot = {
  status: 'starting',
  view: undefined,
  log: [],
  isBusy: true,
  fault: undefined,
  isOvertaken: false,
  canUndo: false,
  canUndoReset: false,
  isUnkept: false,
  live: undefined,
};

/** What runs may print at any time, in the background too. */
const ticksAfter = ({ isRunning, hasJobs }: SandboxView) =>
  isRunning || hasJobs === true ? RUNNING_TICKS : IDLE_TICKS;

const NO_CONNECTION = 'There is no connection to the server. Try again when it is back.';

/** What the server calls it: a shared link has no name of its own. */
const contentIdOf = (key: string): string =>
  key.startsWith('shared:') ? 'shared' : (/^exercise:([^:]+)/.exec(key)?.[1] ?? key);

/** What a page goes on with alone: what it heard, until the last time that it was told. */
function untilClock(transcript: Transcript, clock: number): Transcript {
  const { actions } = transcript;
  const rest = actions.at(-1)?.type === 'clock' ? actions.slice(0, -1) : actions;
  return { ...transcript, actions: clock > 0 ? [...rest, { type: 'clock', to: clock }] : actions };
}

/** A sandbox in a page: a worker that folds, a transcript that is kept, and a log that is read. */
export class SandboxSession {
  private snapshot = EMPTY;
  private transcriptNow: Transcript;
  private beforeReset: Transcript | undefined;
  private revision = 0;
  private running: { worker: SessionWorker; stop: () => void } | undefined;
  private readonly listeners = new Set<() => void>();
  private queue: Promise<unknown> = Promise.resolve();
  /** Counts workers: an answer from an earlier one changes nothing. */
  private life = 0;
  private ticksLeft = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopWatching: (() => void) | undefined;
  private live: LiveSession | undefined;

  constructor(private readonly options: SessionOptions) {
    this.transcriptNow = options.initial;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): SandboxSnapshot => this.snapshot;

  transcript(): Transcript {
    return this.transcriptNow;
  }

  /** Starts the worker and folds what was kept, or the initial transcript. */
  start(): Promise<void> {
    const { key, keeper, writer, from } = this.options;
    this.stopWatching = keeper.watch(key, (other) => {
      if (other !== writer && !this.live) this.change({ isOvertaken: true });
    });
    return this.inOrder(async () => {
      const { life } = this;
      const kept = from === 'kept' ? await this.loadKept() : undefined;
      if (life !== this.life) return; // stopped meanwhile: a worker that nobody waits for would run on
      this.transcriptNow = kept?.transcript ?? this.options.initial;
      this.beforeReset = kept?.beforeReset;
      this.revision = kept?.revision ?? 0;
      this.change({ log: kept?.log ?? [] });
      if (kept?.live) await this.follow(kept.live);
      else await this.open(this.transcriptNow);
    });
  }

  stop(): void {
    this.live?.stop();
    this.stopWatching?.();
    this.dropWorker();
  }

  /** After a fault of ours: a new worker, and the same transcript. */
  restart(): Promise<void> {
    this.change({ status: 'starting', fault: undefined });
    const kept = this.live?.kept;
    return this.inOrder(() => (kept ? this.follow(kept) : this.open(this.transcriptNow)));
  }

  /** Ends the worker. What it still owed never comes, so nobody may wait for it any longer. */
  private dropWorker(): void {
    clearTimeout(this.timer);
    this.running?.stop();
    this.running = undefined;
    this.queue = Promise.resolve();
    this.life += 1;
  }

  /** Opens what another tab has kept meanwhile. */
  followOtherTab(): Promise<void> {
    this.change({ isOvertaken: false });
    return this.inOrder(async () => {
      const { life } = this;
      const kept = await this.loadKept();
      if (!kept || life !== this.life) return;
      this.revision = kept.revision;
      this.beforeReset = kept.beforeReset;
      this.change({ log: kept.log });
      if (kept.live) await this.follow(kept.live);
      else await this.open(kept.transcript);
    });
  }

  keepThisTab(): Promise<void> {
    this.change({ isOvertaken: false });
    return this.inOrder(() => this.keep());
  }

  /** Does one action; actions wait for one another. */
  act(action: Action): Promise<void> {
    return this.inOrder(async () => {
      if (this.live) return this.live.act(action);
      const { worker } = this.worker();
      const { view, log } = this.snapshot;
      const when = view?.isRunning === true ? 'while-running' : 'idle';
      const prompt = view?.prompt ?? '';
      if (action.type === 'command')
        this.change({
          log: appendEntry(log, { kind: 'command', prompt, input: action.line, output: '' }),
        });
      const outcome = await worker.act(action);
      if ('fault' in outcome) return this.fail(outcome.fault);
      this.transcriptNow = appendAction(this.transcriptNow, action, when);
      if (!isTime(action)) this.beforeReset = undefined;
      this.change({ view: outcome.view, log: logAction(this.snapshot.log, action, outcome) });
      if (!isTime(action)) this.ticksLeft = ticksAfter(outcome.view);
      await this.keep();
      this.tickLater();
    });
  }

  /** Takes the last act back, with the time that passed after it. */
  undo(): Promise<void> {
    return this.inOrder(async () => {
      if (this.live) return this.live.undo();
      if (!hasActs(this.transcriptNow)) return;
      const taken = this.transcriptNow.actions.findLast((action) => !isTime(action));
      await this.open(withoutLastAct(this.transcriptNow));
      this.note(`Taken back: ${describeAct(taken)}`);
      await this.keep();
    });
  }

  reset(): Promise<void> {
    return this.inOrder(async () => {
      if (this.live)
        return this.note('End the kubeconfig first: then Reset is of this page alone.');
      this.beforeReset = this.transcriptNow;
      await this.open({ ...this.options.initial, actions: [] });
      this.note('Everything is as at the start. Undo brings your work back.');
      await this.keep();
    });
  }

  undoReset(): Promise<void> {
    return this.inOrder(async () => {
      const before = this.beforeReset;
      if (!before) return;
      this.beforeReset = undefined;
      await this.open(before);
      this.note('Your work is back.');
      await this.keep();
    });
  }

  /** The transcript with everything in it that a kubectl was answered until now. */
  async latestTranscript(): Promise<Transcript> {
    if (this.live) await this.inOrder(async () => this.live?.catchUp());
    return this.transcriptNow;
  }

  /** From here on the server orders what is done, and a kubeconfig works; asked again, there is another one. */
  async goLive(): Promise<LiveBeginning | { readonly problem: string }> {
    const { createLiveLink } = await import('./live-link.ts');
    const link = this.options.liveLink ?? createLiveLink();
    let answer: LiveBeginning | { readonly problem: string } | undefined;
    await this.inOrder(async () => {
      const id = this.live?.kept.id ?? crypto.randomUUID();
      const reply = await link.begin(id, contentIdOf(this.options.key), this.transcriptNow);
      if (reply.type !== 'heard')
        answer = { problem: reply.type === 'refused' ? reply.problem : NO_CONNECTION };
      else {
        answer = reply.value;
        const { base, expiresAt } = reply.value;
        if (!this.live) await this.follow({ id, base, entries: [], clock: 0, expiresAt });
      }
    });
    return answer ?? { problem: NO_CONNECTION };
  }

  /** Takes the kubeconfig back; the page goes on alone from where everybody was. */
  endLive(): Promise<void> {
    return this.inOrder(async () => this.live?.end());
  }

  private async follow(kept: KeptLive): Promise<void> {
    const [{ createLiveLink }, { LiveSession: Live }] = await Promise.all([
      import('./live-link.ts'),
      import('./live-session.ts'),
    ]);
    this.live?.stop();
    clearTimeout(this.timer);
    this.ticksLeft = 0;
    this.beforeReset = undefined;
    const live = new Live(kept, this.options.liveLink ?? createLiveLink(), this.liveHost());
    this.live = live;
    await live.open();
    if (this.live === live) void live.listen();
  }

  private liveHost(): LiveHost {
    return {
      inOrder: (work) => this.inOrder(work),
      openLive: ({ base, entries, clock }) => this.worker().worker.openLive(base, entries, clock),
      follow: ({ entries, clock }) => this.worker().worker.follow(entries, clock),
      show: async (outcome, { expiresAt, clock }, heard) => {
        if (outcome.transcript) this.transcriptNow = outcome.transcript;
        this.transcriptNow = untilClock(this.transcriptNow, clock);
        this.change({
          status: 'ready',
          view: outcome.view,
          fault: undefined,
          log: logHeard(this.snapshot.log, heard, outcome),
          live: { expiresAt, isConnected: this.snapshot.live?.isConnected ?? true },
        });
        if (outcome.transcript) await this.keep();
      },
      end: async (_kept, words) => {
        this.live = undefined;
        this.change({ live: undefined });
        await this.open(this.transcriptNow);
        this.note(words);
        await this.keep();
      },
      note: (words) => this.note(words),
      setConnected: (isConnected) => {
        const { live } = this.snapshot;
        if (live && live.isConnected !== isConnected)
          this.change({ live: { ...live, isConnected } });
      },
      fail: (fault) => this.fail(fault),
      isHidden: () => typeof document !== 'undefined' && document.hidden,
    };
  }

  async complete(line: string): Promise<readonly string[]> {
    return this.running ? this.running.worker.complete(line) : [];
  }

  /** Who may talk to whom, and why. Changes nothing, so it waits for no action. */
  async askPolicies(question: PolicyQuestion): Promise<PolicyAnswer | SandboxFault> {
    return this.running
      ? this.running.worker.askPolicies(question)
      : { fault: 'The cluster stands still.' };
  }

  private worker(): { worker: SessionWorker; stop: () => void } {
    this.running ??= this.options.startWorker((message) => this.fail(message));
    return this.running;
  }

  private async open(transcript: Transcript): Promise<void> {
    const { worker } = this.worker();
    const view = await worker.open(transcript);
    if ('fault' in view) return this.fail(view.fault);
    this.transcriptNow = transcript;
    this.ticksLeft = 0;
    this.change({ status: 'ready', view, fault: undefined });
  }

  private note(text: string): void {
    this.change({ log: noteIn(this.snapshot.log, text) });
  }

  private fail(fault: string): void {
    this.live?.stop(); // a restart folds the stream again
    this.dropWorker();
    this.change({ status: 'faulted', fault, isBusy: false });
  }

  private tickLater(): void {
    clearTimeout(this.timer);
    if (this.ticksLeft <= 0 || this.snapshot.status !== 'ready') return;
    this.timer = setTimeout(() => {
      this.ticksLeft -= 1;
      void this.act({ type: 'advance', duration: SECOND });
    }, 1_000);
  }

  private async loadKept(): Promise<KeptSandbox | undefined> {
    try {
      return await this.options.keeper.load(this.options.key);
    } catch {
      this.change({ isUnkept: true });
      return undefined;
    }
  }

  private async keep(): Promise<void> {
    const { key, keeper, writer } = this.options;
    this.revision += 1;
    const kept: KeptSandbox = {
      transcript: this.transcriptNow,
      log: this.snapshot.log,
      ...(this.beforeReset ? { beforeReset: this.beforeReset } : {}),
      ...(this.live ? { live: this.live.kept } : {}),
      writer,
      revision: this.revision,
    };
    try {
      await keeper.save(key, kept);
      if (this.snapshot.isUnkept) this.change({ isUnkept: false });
    } catch {
      this.change({ isUnkept: true }); // private windows and full disks: the page says so, the work goes on
    }
  }

  private inOrder(work: () => Promise<void>): Promise<void> {
    const { life } = this;
    const run = this.queue.then(async () => {
      if (life !== this.life) return;
      this.change({ isBusy: true });
      try {
        await work();
      } catch (error) {
        if (life === this.life) this.fail(error instanceof Error ? error.message : String(error));
      }
      if (life === this.life) this.change({ isBusy: false });
    });
    this.queue = run;
    return run;
  }

  private change(part: Partial<SandboxSnapshot>): void {
    this.snapshot = {
      ...this.snapshot,
      ...part,
      canUndo: this.live ? this.live.canUndo : hasActs(this.transcriptNow),
      canUndoReset: this.beforeReset !== undefined,
    };
    for (const listener of this.listeners) listener();
  }
}
