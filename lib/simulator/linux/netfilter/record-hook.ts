import { flowOf, type IpPacket } from '../../packet/packet.ts';
import type { Flow } from '../../base/flow.ts';
import type { Micros } from '../../base/clock.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type {
  EvaluatedRule,
  NetfilterHook,
  NetfilterTable,
  Place,
  Step,
} from '../../trace/step.ts';
import type { ConntrackEntry } from '../conntrack.ts';
import { writeHeaders } from '../headers-in-step.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import type { SeenRule, TableResult } from './evaluate.ts';
import { formatConntrackEntry } from './print/conntrack-entry.ts';
import { printRuleText } from './print/rule-text.ts';
import type { Rule } from './rule.ts';

/** What is needed to write a step. */
export interface RecordingContext {
  readonly place: Place;
  readonly now: Micros;
  readonly recorder: Recorder;
}

export type TableOutcome = Extract<Step, { kind: 'netfilter' }>['verdict'];

/** Longer lists are cut to the rules that matched and the last one. */
const LONGEST_LIST = 40;

/** Rules never change: each is printed once, in the chain where it was last seen. */
const texts = new WeakMap<Rule, { readonly chain: string; readonly text: string }>();

function textOf(chain: string, rule: Rule): string {
  const known = texts.get(rule);
  if (known?.chain === chain) return known.text;
  const text = printRuleText(chain, rule);
  texts.set(rule, { chain, text });
  return text;
}

function evaluatedRules(seen: readonly SeenRule[]): EvaluatedRule[] {
  const kept =
    seen.length <= LONGEST_LIST
      ? seen
      : seen.filter(({ matched }, index) => matched || index === seen.length - 1);
  return kept.map(({ chain, number, rule, matched }) => ({
    chain,
    number,
    text: textOf(chain, rule),
    matched,
    ...(rule.because && { because: rule.because }),
  }));
}

/** What a table did to a packet. A table that compared no rule and accepts by policy is not worth a step. */
export function recordTable(
  told: {
    hook: NetfilterHook;
    table: NetfilterTable;
    skb: SocketBuffer;
    before: Flow;
    result: TableResult;
    outcome: TableOutcome;
  },
  { place, recorder }: RecordingContext,
): void {
  const { hook, table, skb, before, result, outcome } = told;
  if (result.compared === 0 && outcome === 'accept') return;
  const { packet } = skb;
  recorder.record(skb.tag, () => {
    const step = writeHeaders(
      {
        kind: 'netfilter' as const,
        place,
        hook,
        table,
        rules: evaluatedRules(result.seen),
        compared: result.compared,
        verdict: outcome,
        after: flowOf(packet),
        ...(result.deciding?.because && { because: result.deciding.because }),
      },
      packet,
    );
    step.flow = before;
    return step;
  });
}

const STATES = {
  NEW: 'new',
  ESTABLISHED: 'established',
  RELATED: 'related',
  INVALID: 'invalid',
} as const;

/** Which connection a packet belongs to, and what that makes of it. */
export function recordConntrack(
  told: { skb: SocketBuffer; entry: ConntrackEntry | undefined; after: IpPacket },
  { place, recorder, now }: RecordingContext,
): void {
  const { skb, entry, after } = told;
  const state = skb.connectionState;
  if (!state || state === 'UNTRACKED') return;
  const { packet } = skb;
  recorder.record(skb.tag, () =>
    writeHeaders(
      {
        kind: 'conntrack' as const,
        place,
        state: STATES[state],
        entry: entry ? formatConntrackEntry(entry, now) : '',
        after: flowOf(after),
      },
      packet,
    ),
  );
}
