import type { Match, Target } from '../rule.ts';
import type { Parsed } from './problem.ts';

/** What was written of one option: its value (empty when the option takes none), and whether a `!` stood before it. */
export interface OptionUse {
  readonly option: string;
  readonly value: string;
  readonly not: boolean;
}

/** A match module while its options are read. */
export interface ModuleParser {
  /** Option → whether it takes a value, or two (joined by a blank). */
  readonly options: Readonly<Record<string, 'value' | 'two' | 'flag'>>;
  /** Undefined when all is well. */
  take(use: OptionUse): Parsed<never> | undefined;
  finish(): Parsed<Match>;
}

/** A target while its options are read. */
export interface TargetParser {
  readonly options: Readonly<Record<string, 'value' | 'two' | 'flag'>>;
  take(use: OptionUse): Parsed<never> | undefined;
  finish(rule: { readonly protocol: string | undefined }): Parsed<Target>;
}

/** `0x4000/0x4000`, `16384`. */
export function parseMark(text: string): { value: number; mask: number } | undefined {
  const numbers = text
    .split('/')
    .map((part) => (/^(0x[0-9a-fA-F]+|\d+)$/.test(part) ? Number(part) : Number.NaN));
  const [value = Number.NaN, mask = 0xffff_ffff, rest] = numbers;
  const fits = (number: number) => number >= 0 && number <= 0xffff_ffff;
  return fits(value) && fits(mask) && rest === undefined ? { value, mask } : undefined;
}
