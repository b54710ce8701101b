import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { ActionOutcome, SandboxFault, SandboxView, ShownTrace } from '../protocol.ts';
import { appendAction, describeAct, hasActs, isTime, withoutLastAct } from '../append-action.ts';
import type { KeptSandbox, SandboxKeeper } from './keep-sandbox.ts';
import { appendEntry, extendLast, type LogEntry } from './sandbox-log.ts';

/** What the session needs of a worker; comlink's remote of SandboxWorker fits, and so does a plain object. */
export interface SessionWorker {
  open(transcript: Transcript): Promise<SandboxView | SandboxFault>;
  act(action: Action): Promise<ActionOutcome | SandboxFault>;
  complete(line: string): Promise<readonly string[]>;
  traceRequest(from: string, url: string): Promise<ShownTrace | SandboxFault>;
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
};

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
      if (other !== writer) this.change({ isOvertaken: true });
    });
    return this.inOrder(async () => {
      const { life } = this;
      const kept = from === 'kept' ? await this.loadKept() : undefined;
      if (life !== this.life) return; // stopped meanwhile: a worker that nobody waits for would run on
      this.transcriptNow = kept?.transcript ?? this.options.initial;
      this.beforeReset = kept?.beforeReset;
      this.revision = kept?.revision ?? 0;
      this.change({ log: kept?.log ?? [] });
      await this.open(this.transcriptNow);
    });
  }

  stop(): void {
    this.stopWatching?.();
    this.dropWorker();
  }

  /** After a fault of ours: a new worker, and the same transcript. */
  restart(): Promise<void> {
    this.change({ status: 'starting', fault: undefined });
    return this.inOrder(() => this.open(this.transcriptNow));
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
      await this.open(kept.transcript);
    });
  }

  keepThisTab(): Promise<void> {
    this.change({ isOvertaken: false });
    return this.inOrder(() => this.keep());
  }

  /** Does one action; actions wait for one another. */
  act(action: Action): Promise<void> {
    return this.inOrder(async () => {
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
      this.change({ view: outcome.view, log: this.logAfter(action, outcome) });
      if (!isTime(action)) this.ticksLeft = ticksAfter(outcome.view);
      await this.keep();
      this.tickLater();
    });
  }

  private logAfter(action: Action, { output, exitCode }: ActionOutcome): readonly LogEntry[] {
    const { log } = this.snapshot;
    switch (action.type) {
      case 'command': {
        const last = log.at(-1);
        if (!last) return log;
        return [
          ...log.slice(0, -1),
          { ...last, output, ...(exitCode === undefined ? {} : { exitCode }) },
        ];
      }
      case 'interrupt':
        return extendLast(log, `^C\n${output}`);
      case 'advance':
      case 'clock':
        return extendLast(log, output);
      case 'apply':
        return appendEntry(log, {
          kind: 'note',
          prompt: '',
          input: 'Applied from the editor',
          output,
        });
      case 'send':
        return appendEntry(log, {
          kind: 'note',
          prompt: '',
          input: `Packet from ${action.from} to ${action.to}`,
          output,
        });
      case 'request':
        return appendEntry(log, {
          kind: 'note',
          prompt: '',
          input: 'From your own kubectl',
          output,
        });
    }
  }

  /** Takes the last act back, with the time that passed after it. */
  undo(): Promise<void> {
    return this.inOrder(async () => {
      if (!hasActs(this.transcriptNow)) return;
      const taken = this.transcriptNow.actions.findLast((action) => !isTime(action));
      await this.open(withoutLastAct(this.transcriptNow));
      this.note(`Taken back: ${describeAct(taken)}`);
      await this.keep();
    });
  }

  reset(): Promise<void> {
    return this.inOrder(async () => {
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

  async complete(line: string): Promise<readonly string[]> {
    return this.running ? this.running.worker.complete(line) : [];
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
    this.change({
      log: appendEntry(this.snapshot.log, { kind: 'note', prompt: '', input: text, output: '' }),
    });
  }

  private fail(fault: string): void {
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
      canUndo: hasActs(this.transcriptNow),
      canUndoReset: this.beforeReset !== undefined,
    };
    for (const listener of this.listeners) listener();
  }
}
