import { invariant } from '../../base/invariant.ts';
import type { PortOutcomes } from '../engine/port-spans.ts';
import {
  EVERY_PORT,
  meetVerdicts,
  NO_PORT,
  textOfPorts,
  verdictsOf,
  type PortVerdicts,
} from './port-verdicts.ts';

/** Port verdicts that are kept once: cells have their numbers. */
export interface PortTable {
  readonly verdicts: PortVerdicts[];
  readonly ids: Map<string, number>;
  /** Answers of the engine that were met. */
  readonly answers: WeakMap<PortOutcomes, number>;
  /** `one * 2^26 + other` → the number of what passes both. */
  readonly met: Map<number, number>;
}

export const NO_PORTS = 0;
export const ALL_PORTS = 1;
const MOST_SETS = 2 ** 26;

/** With nothing at 0 and everything at 1. */
export const createPortTable = (): PortTable => ({
  verdicts: [NO_PORT, EVERY_PORT],
  ids: new Map([
    [textOfPorts(NO_PORT), NO_PORTS],
    [textOfPorts(EVERY_PORT), ALL_PORTS],
  ]),
  answers: new WeakMap(),
  met: new Map(),
});

/** The ports that a number stands for. */
export function portsAt({ verdicts }: PortTable, id: number): PortVerdicts {
  const found = verdicts[id];
  invariant(found, `no ports ${id}`);
  return found;
}

/** The number of these verdicts; equal ones have the same. */
export function keepPorts(table: PortTable, verdicts: PortVerdicts): number {
  const text = textOfPorts(verdicts);
  const known = table.ids.get(text);
  if (known !== undefined) return known;
  const id = table.verdicts.push(verdicts) - 1;
  table.ids.set(text, id);
  return id;
}

/** The number of an answer of the engine, which gives equal ones as one object. */
export function keepOutcomes(table: PortTable, outcomes: PortOutcomes): number {
  const known = table.answers.get(outcomes);
  if (known !== undefined) return known;
  const id = keepPorts(table, verdictsOf(outcomes));
  table.answers.set(outcomes, id);
  return id;
}

/** The number of what passes both. */
export function meetPorts(table: PortTable, one: number, other: number): number {
  if (one === other || other === ALL_PORTS) return one;
  if (one === ALL_PORTS) return other;
  if (one === NO_PORTS || other === NO_PORTS) return NO_PORTS;
  const key = Math.min(one, other) * MOST_SETS + Math.max(one, other);
  const known = table.met.get(key);
  if (known !== undefined) return known;
  const met = keepPorts(table, meetVerdicts(portsAt(table, one), portsAt(table, other)));
  table.met.set(key, met);
  return met;
}
