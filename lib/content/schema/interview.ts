import { z } from 'zod';
import { observableSchema, observedValueSchema } from './observable.ts';
import { levelSchema, skillIdsSchema } from './skill.ts';
import { slugSchema } from './slug.ts';

const text = (max: number, description: string) => z.string().min(1).max(max).describe(description);

/** One thing that an answer says or does not say; atomic, so that a tick is a yes or a no. */
const pointSchema = z.strictObject({
  id: slugSchema.describe('Unique within the question; ticks are kept by it.'),
  kind: z
    .enum(['must', 'nice', 'red-flag'])
    .describe('must: an answer without it has a gap. nice: it lifts the answer. red-flag: wrong.'),
  text: text(200, 'What the answer says, in one sentence.'),
  terms: z
    .array(text(40, 'A word or two that give it away.'))
    .min(1)
    .max(8)
    .describe('Terms that are looked for in what was typed; the learner confirms.'),
});

const claimSchema = z
  .strictObject({
    scenario: z
      .string()
      .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/)
      .describe('A cluster of a lesson: lesson/scenario.'),
    from: text(120, 'Pod that asks: namespace/beginning of its name.'),
    url: text(200, 'What it asks for.'),
    observe: observableSchema,
    equals: observedValueSchema,
  })
  .describe('A sentence of the model answer that the simulator decides, with several seeds.');

/** An open question, as an interviewer asks it. */
export const interviewQuestionSchema = z.strictObject({
  id: slugSchema.describe('Unique over all interview questions; answers refer to it.'),
  ask: text(600, 'The question, as it is said.'),
  level: levelSchema,
  minutes: z.int().min(1).max(15).describe('After this long the clock turns amber.'),
  skills: skillIdsSchema,
  answer: text(1_500, 'A model answer, as one would say it.'),
  points: z.array(pointSchema).min(5).max(8).describe('Five to eight points, three of them must.'),
  followUps: z
    .array(
      z.strictObject({
        ask: text(300, 'What the interviewer asks next.'),
        answer: text(600, 'A model answer to that.'),
      }),
    )
    .min(1)
    .max(4)
    .describe('Questions that follow.'),
  claims: z.array(claimSchema).min(1).max(4).describe('What the answer stands on.'),
  sources: z
    .array(z.url({ protocol: /^https$/ }))
    .min(1)
    .max(5)
    .describe('Official pages.'),
});
export type InterviewQuestion = z.infer<typeof interviewQuestionSchema>;

/** content/interviews/<topic>.yaml */
export const interviewQuestionsSchema = z
  .strictObject({
    title: text(120, 'The topic.'),
    kubernetes: z.literal('1.35').describe('The version that the answers are true for.'),
    reviewed: z.iso.date().describe('The day on which somebody last checked every answer.'),
    questions: z.array(interviewQuestionSchema).min(1).max(40).describe('Questions on it.'),
  })
  .describe('Open interview questions on one topic, each with a rubric.');
