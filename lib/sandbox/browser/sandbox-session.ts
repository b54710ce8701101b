import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { LiveBeginning } from '../live-protocol.ts';
import type { SandboxFault, SandboxView } from '../protocol.ts';
import type { PolicyAnswer, PolicyQuestion } from '../policy-protocol.ts';
import { appendAction, describeAct, hasActs, isTime, withoutLastAct } from '../append-action.ts';
import type { KeptSandbox, SandboxKeeper } from './keep-sandbox.ts';
import type { KeptLive, LiveLink } from './live-link.ts';
import type { SessionWithin } from './follow-live.ts';
import type { LiveSession } from './live-session.ts';
import { logAction, noteIn } from './log-action.ts';
import { appendEntry } from './sandbox-log.ts';
import { EMPTY, type SandboxSnapshot } from './sandbox-snapshot.ts';
import type { SessionWorker } from './session-worker.ts';

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

/** What runs may print at any time, in the background too. */
const ticksAfter = ({ isRunning, hasJobs }: SandboxView) =>
  isRunning || hasJobs === true ? RUNNING_TICKS : IDLE_TICKS;

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
      const worker = this.worker();
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
    const { beginLive, NO_CONNECTION } = await import('./follow-live.ts');
    let answer: LiveBeginning | { readonly problem: string } | undefined;
    await this.inOrder(async () => {
      const id = this.live?.kept.id ?? crypto.randomUUID();
      const { liveLink, key } = this.options;
      answer = await beginLive(liveLink, { id, key, transcript: this.transcriptNow });
      if ('problem' in answer || this.live) return;
      const { base, expiresAt } = answer;
      await this.follow({ id, base, entries: [], clock: 0, expiresAt });
    });
    return answer ?? { problem: NO_CONNECTION };
  }

  /** Takes the kubeconfig back; the page goes on alone from where everybody was. */
  endLive(): Promise<void> {
    return this.inOrder(async () => this.live?.end());
  }

  private async follow(kept: KeptLive): Promise<void> {
    const { followLive } = await import('./follow-live.ts');
    this.live?.stop();
    clearTimeout(this.timer);
    this.ticksLeft = 0;
    this.beforeReset = undefined;
    const live = followLive(kept, this.within());
    this.live = live;
    await live.open();
    if (this.live === live) void live.listen();
  }

  private within(): SessionWithin {
    return {
      link: this.options.liveLink,
      worker: () => this.worker(),
      snapshot: this.getSnapshot,
      transcript: () => this.transcriptNow,
      inOrder: (work) => this.inOrder(work),
      hear: (transcript) => void (this.transcriptNow = transcript),
      change: (part) => this.change(part),
      keep: () => this.keep(),
      goOnAlone: async (words) => {
        this.live = undefined;
        this.change({ live: undefined });
        await this.open(this.transcriptNow);
        this.note(words);
        await this.keep();
      },
      note: (words) => this.note(words),
      fail: (fault) => this.fail(fault),
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

  private worker(): SessionWorker {
    this.running ??= this.options.startWorker((message) => this.fail(message));
    return this.running.worker;
  }

  private async open(transcript: Transcript): Promise<void> {
    const worker = this.worker();
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
