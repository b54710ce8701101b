import { z } from 'zod';
import type { Action, Finding } from '#lib/simulator/index.ts';

/** What a browser may send at once: a transcript of 512 KiB with 2,000 actions. docs/operations.md lists all limits. */
export const TRANSCRIPT_BYTES = 512 * 1024;
export const TRANSCRIPT_ACTIONS = 2_000;
export const SOLUTION_REQUEST_BYTES = 4 * 1024;

/** Postgres keeps neither NUL nor half a surrogate pair, and no keyboard makes them. */
const isStorable = (text: string) => !text.includes('\u0000') && text.isWellFormed();
const text = (most: number) =>
  z.string().max(most).refine(isStorable, { message: 'holds a character that is none' });

/** One action of a transcript, from a browser. */
export const actionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('command'), line: text(16_384) }),
  z.strictObject({ type: z.literal('interrupt') }),
  z.strictObject({ type: z.literal('advance'), duration: z.int().min(0).max(86_400_000_000) }),
  z.strictObject({ type: z.literal('apply'), yaml: text(262_144) }),
  z.strictObject({ type: z.literal('send'), from: text(300), to: text(2_048) }),
  z.strictObject({
    type: z.literal('request'),
    method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
    path: text(4_096),
    contentType: text(200).exactOptional(),
    accept: text(1_000).exactOptional(),
    userAgent: text(300).exactOptional(),
    body: text(524_288),
    encoding: z.literal('base64').exactOptional(),
  }),
  z.strictObject({ type: z.literal('clock'), to: z.int().min(0).max(86_400_000_000) }),
]) satisfies z.ZodType<Action>;

const transcript = {
  /** Of the exercise that was solved. */
  revision: z.string().min(1).max(64),
  /** Version of the simulator that the page ran. */
  engine: z.int().min(0).max(1_000_000),
  seed: text(100).min(1),
  actions: z.array(actionSchema).max(TRANSCRIPT_ACTIONS).readonly(),
};

/** The body of a check. There is no place for a verdict or a scenario in it: the server has its own. */
export const submissionSchema = z.strictObject({
  key: z.uuid(),
  ...transcript,
  hintsOpened: z.int().min(0).max(3),
});
export type Submission = z.infer<typeof submissionSchema>;

/** The body of a draft: `baseVersion` is the version that it continues, 0 when there was none. */
export const draftSchema = z.strictObject({
  baseVersion: z.int().min(0).max(1_000_000_000),
  ...transcript,
});
export type DraftSubmission = z.infer<typeof draftSchema>;

/** `asked` needs a failed check or a pass; `gave-up` is always heard. */
export const solutionRequestSchema = z.strictObject({
  key: z.uuid(),
  reason: z.enum(['asked', 'gave-up']),
});
export type SolutionRequest = z.infer<typeof solutionRequestSchema>;

/** What is kept with the attempt and told to the page. */
export interface ExerciseVerdict {
  readonly type: 'graded';
  readonly passed: boolean;
  readonly findings: readonly Finding[];
}

/** What a check is answered with. */
export type CheckAnswer =
  | ExerciseVerdict
  /** Too much to replay: nothing was counted. */
  | { readonly type: 'over-budget'; readonly problem: string };

/** Unfinished work as it is kept. */
export interface Draft {
  readonly version: number;
  readonly revision: string;
  readonly engine: number;
  readonly seed: string;
  readonly actions: readonly Action[];
}

export type SolutionStep =
  | { readonly command: string; readonly because: string }
  | { readonly apply: string; readonly because: string };
