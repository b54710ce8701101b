import type { Action } from '#lib/simulator/index.ts';
import type { LiveAnswer } from '../live-protocol.ts';
import type { LiveOutcome, SandboxFault } from '../protocol.ts';
import type { KeptLive, LiveLink, Reply } from './live-link.ts';

/** What a live sandbox needs of the session that it is part of. */
export interface LiveHost {
  /** Work that waits for everything before it, and that everything after it waits for. */
  inOrder(work: () => Promise<void>): Promise<void>;
  openLive(live: KeptLive): Promise<LiveOutcome | SandboxFault>;
  follow(answer: LiveAnswer): Promise<LiveOutcome | SandboxFault>;
  /** Draws and keeps what happened. */
  show(outcome: LiveOutcome, live: KeptLive, heard: LiveAnswer['entries']): Promise<void>;
  /** From here on the page is alone again. */
  end(live: KeptLive, words: string): Promise<void>;
  note(words: string): void;
  setConnected(isConnected: boolean): void;
  fail(fault: string): void;
  isHidden(): boolean;
}

/** Milliseconds that a question waits for something to happen: the clock of the page moves as often. */
const LISTEN = 1_000;
/** Nobody looks at a page in the background. */
const LISTEN_HIDDEN = 20_000;
const LOST_FOR = 2_000;
const SENDS = 4;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Follows the ordered stream of a sandbox, and appends to it what is done in this page. */
export class LiveSession {
  private isOver = false;
  private lastAct: LiveOutcome['lastAct'];

  constructor(
    private live: KeptLive,
    private readonly link: LiveLink,
    private readonly host: LiveHost,
  ) {}

  get kept(): KeptLive {
    return this.live;
  }

  get canUndo(): boolean {
    return this.lastAct !== undefined;
  }

  /** Folds what is known, and begins to listen. */
  async open(): Promise<void> {
    const outcome = await this.host.openLive(this.live);
    if ('fault' in outcome) return this.host.fail(outcome.fault);
    this.lastAct = outcome.lastAct;
    await this.host.show({ ...outcome, printed: [], output: '' }, this.live, []);
  }

  /** Until it ends, or the page does. */
  async listen(): Promise<void> {
    while (!this.isOver) {
      const reply = await this.link.listen(
        this.live.id,
        this.sequence,
        this.host.isHidden() ? LISTEN_HIDDEN : LISTEN,
      );
      if (this.isOver) return;
      this.host.setConnected(reply.type !== 'unreached');
      if (reply.type === 'unreached') await pause(LOST_FOR);
      else await this.host.inOrder(() => this.take(reply));
    }
  }

  stop(): void {
    this.isOver = true;
  }

  private get sequence(): number {
    return this.live.entries.at(-1)?.sequence ?? 0;
  }

  /** Call it in order. */
  async act(what: Action | { type: 'undo'; of: number }): Promise<void> {
    const key = crypto.randomUUID();
    for (let send = 1; send <= SENDS && !this.isOver; send += 1) {
      const reply = await this.link.act(this.live.id, key, this.sequence, what);
      this.host.setConnected(reply.type !== 'unreached');
      if (reply.type !== 'unreached') {
        if (reply.type === 'heard' && reply.status === 409)
          this.host.note(
            'Not taken back: something else was done meanwhile. Look at it, then undo again.',
          );
        if (reply.type === 'refused' && reply.status !== 404) return this.host.note(reply.problem);
        return this.take(reply);
      }
      await pause(send * 400);
    }
    // It may have arrived all the same: then the stream tells.
    this.host.note(
      'No connection to the server, which orders what is done while your kubectl is connected. Try again.',
    );
  }

  /** Takes back the last act by anybody. Call it in order. */
  async undo(): Promise<void> {
    if (this.lastAct) await this.act({ type: 'undo', of: this.lastAct.of });
  }

  /** Asks once, so that nothing that was answered to kubectl is missing here. Call it in order. */
  async catchUp(): Promise<void> {
    await this.take(await this.link.listen(this.live.id, this.sequence, 0));
  }

  /** Takes the kubeconfig back. Call it in order. */
  async end(): Promise<void> {
    const reply = await this.link.end(this.live.id);
    if (reply.type === 'unreached')
      return this.host.note('No connection to the server. The kubeconfig is still live.');
    await this.take(reply);
  }

  private async take(reply: Reply<LiveAnswer>): Promise<void> {
    if (this.isOver || reply.type === 'unreached') return;
    if (reply.type === 'refused') {
      if (reply.status === 404) await this.finish('The server keeps this sandbox no longer.');
      return;
    }
    const { value } = reply;
    const entries = value.entries.filter(({ sequence }) => sequence > this.sequence);
    const outcome = await this.host.follow({ ...value, entries });
    if ('fault' in outcome) {
      this.isOver = true;
      return this.host.fail(outcome.fault);
    }
    this.lastAct = outcome.lastAct;
    const clock = Math.max(this.live.clock, value.clock);
    this.live = { ...this.live, entries: [...this.live.entries, ...entries], clock };
    await this.host.show(outcome, this.live, entries);
    if (value.state === 'ended') await this.finish('The kubeconfig has ended.');
  }

  private async finish(words: string): Promise<void> {
    this.isOver = true;
    await this.host.end(this.live, `${words} The sandbox goes on in this page alone.`);
  }
}
