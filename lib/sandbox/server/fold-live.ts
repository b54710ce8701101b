import {
  elapsedIn,
  followEntry,
  handleRequest,
  openLive,
  passLiveTime,
  pollLog,
  pollWatch,
  sequenceOf,
  type LiveEntry,
  type LiveSandbox,
  type RestResponse,
} from '#lib/simulator/index.ts';
import { forkSandbox } from '#lib/simulator/page.ts';
import { createShellSystem } from '#lib/simulator/terminal.ts';
import type { Ask, FoldAnswer, FoldJob, PlainAnswer, StreamPart } from './fold-jobs.ts';
import { internalError, isPlain, NEEDS_UPGRADE } from './kube-status.ts';

/** Folded sandboxes that are kept; the one that was asked for longest ago goes first. */
const MOST_SANDBOXES = 12;
/** Answers of writes that are kept until somebody asks for them. */
const MOST_RESULTS = 100;
/** As for a transcript that is handed in: about seven hours of a small cluster's life. */
const EVENT_BUDGET = 300_000;

type Source = Extract<RestResponse, { type: 'watch' | 'log' }>;

interface Stream {
  readonly source: Source;
  /** What it has to say before its source is asked again. */
  waiting: string;
  isClosed: boolean;
}

interface Folded {
  readonly live: LiveSandbox;
  readonly results: Map<number, PlainAnswer>;
  readonly streams: Map<string, Stream>;
}

/** Folds live sandboxes and keeps the newest ones folded. One instance a process. */
export class LiveFolds {
  private readonly kept = new Map<string, Folded>();

  constructor(private readonly eventBudget = EVENT_BUDGET) {}

  answer(job: FoldJob): FoldAnswer {
    const folded = this.bringUpTo(job);
    if ('type' in folded) return folded;
    passLiveTime(folded.live, job.clock);
    if (folded.live.sandbox.cluster.isExhausted) return { type: 'exhausted' };
    return answerOf(folded, job);
  }

  /** The sandbox with every entry up to the job's; what is missing when it cannot be brought there. */
  private bringUpTo(job: FoldJob): Folded | Extract<FoldAnswer, { type: 'need' }> {
    const folded = this.find(job);
    if (!folded) return { type: 'need' };
    const { live } = folded;
    const due = job.entries.filter(({ sequence }) => sequence > sequenceOf(live));
    const first = due[0]?.sequence ?? job.sequence + 1;
    if (first !== sequenceOf(live) + 1 && sequenceOf(live) < job.sequence)
      return { type: 'need', after: sequenceOf(live) };
    for (const entry of due) follow(folded, entry);
    return folded;
  }

  private find({ sandboxId, base, entries }: FoldJob): Folded | undefined {
    let folded = this.kept.get(sandboxId);
    if (base) {
      const live = openLive(base, createShellSystem, this.eventBudget);
      folded = { live, results: new Map(), streams: folded?.streams ?? new Map<string, Stream>() };
    }
    if (folded && comesTooLate(folded.live, entries)) return undefined;
    this.kept.delete(sandboxId);
    if (folded) this.kept.set(sandboxId, folded);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_SANDBOXES) break;
      this.kept.delete(oldest);
    }
    return folded;
  }

  /** Forgets a sandbox, half folded as it may be. */
  forget(sandboxId: string): void {
    this.kept.delete(sandboxId);
  }
}

/** An entry before this fold's clock cannot come while Postgres orders both; folding again is always right. */
function comesTooLate(live: LiveSandbox, entries: readonly LiveEntry[]): boolean {
  const next = entries.find(({ sequence }) => sequence > sequenceOf(live));
  return next !== undefined && next.at < live.lookedAt;
}

function follow(folded: Folded, entry: LiveEntry): void {
  const { live, streams, results } = folded;
  if (entry.what.type === 'undo') {
    passLiveTime(live, entry.at);
    for (const stream of streams.values()) pollInto(stream, live);
  }
  const { response, jump, fault } = followEntry(live, entry);
  if (jump) for (const stream of streams.values()) hearJump(stream, live, jump);
  if (entry.what.type !== 'request') return;
  results.set(entry.sequence, fault === undefined ? plain(response) : internalError(fault));
  for (const oldest of results.keys()) {
    if (results.size <= MOST_RESULTS) break;
    results.delete(oldest);
  }
}

function plain(response: RestResponse | undefined): PlainAnswer {
  if (!response || !isPlain(response)) return NEEDS_UPGRADE;
  const { status, contentType, body, warnings } = response;
  return { type: 'plain', status, contentType, body, warnings };
}

function answerOf(folded: Folded, { sequence, ask }: FoldJob): FoldAnswer {
  const { live } = folded;
  switch (ask.type) {
    case 'elapsed':
      return { type: 'elapsed', clock: elapsedIn(live.sandbox) };
    case 'read':
      return read(folded, ask);
    case 'result': {
      const result = folded.results.get(sequence);
      // Folded long ago, and its answer forgotten: everything is folded again.
      return result ?? { type: 'need' };
    }
    case 'poll': {
      for (const name of folded.streams.keys())
        if (!ask.streams.includes(name)) folded.streams.delete(name);
      const parts = ask.streams.map((name) => [name, partOf(folded, name)] as const);
      return { type: 'parts', parts: Object.fromEntries(parts) };
    }
  }
}

function read(folded: Folded, { request, stream }: Extract<Ask, { type: 'read' }>): FoldAnswer {
  const { sandbox } = folded.live;
  // What only asks by POST (reviews, dry runs) may still draw a name or a number: it does so on a copy.
  const asked = request.method === 'GET' ? sandbox : forkSandbox(sandbox);
  const response = handleRequest(request, asked.cluster.apiServer);
  if (response.type !== 'watch' && response.type !== 'log') return plain(response);
  folded.streams.set(stream, { source: response, waiting: '', isClosed: false });
  const contentType = response.type === 'watch' ? 'application/json' : 'text/plain';
  return { type: 'stream', contentType };
}

function partOf({ streams, live }: Folded, name: string): StreamPart {
  const stream = streams.get(name);
  if (!stream) return { text: '', isClosed: true };
  pollInto(stream, live);
  const part = { text: stream.waiting, isClosed: stream.isClosed };
  stream.waiting = '';
  if (stream.isClosed) streams.delete(name);
  return part;
}

function pollInto(stream: Stream, { sandbox }: LiveSandbox): void {
  if (stream.isClosed) return;
  const { cluster } = sandbox;
  const { source } = stream;
  if (source.type === 'log') {
    const { text, isClosed } = pollLog(source.follower, cluster.apiServer);
    stream.waiting += text;
    stream.isClosed = isClosed;
    return;
  }
  const { lines, isClosed } = pollWatch(source.watcher, cluster.store, cluster.now);
  stream.waiting += lines.map((line) => `${line}\n`).join('');
  stream.isClosed = isClosed;
}

/** After an act was taken back, an open watch hears what that changed, as changes like any other. */
function hearJump(
  stream: Stream,
  { sandbox }: LiveSandbox,
  jump: NonNullable<ReturnType<typeof followEntry>['jump']>,
): void {
  if (stream.isClosed || stream.source.type !== 'watch') return;
  const { store, now } = sandbox.cluster;
  const { watcher } = stream.source;
  const told = Object.create(store, { changesSince: { value: () => jump } }) as typeof store;
  const { lines } = pollWatch(watcher, told, now);
  watcher.resourceVersion = store.resourceVersion;
  stream.waiting += lines.map((line) => `${line}\n`).join('');
}
