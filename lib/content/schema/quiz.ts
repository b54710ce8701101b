import { z } from 'zod';
import { itemSchema } from './item.ts';

/** content/quizzes/<slug>.yaml */
export const quizSchema = z
  .strictObject({
    title: z.string().min(1).max(120).describe('Title of the quiz.'),
    kubernetes: z.literal('1.35').describe('The version that the answers are true for.'),
    reviewed: z.iso.date().describe('The day on which somebody last checked every answer.'),
    items: z.array(itemSchema).min(1).max(30).describe('The questions, in the order of asking.'),
  })
  .describe('A quiz.');
export type Quiz = z.infer<typeof quizSchema>;

/** content/lessons/<slug>/questions.yaml: predictions and checks that stand in the text. */
export const lessonQuestionsSchema = z
  .strictObject({
    items: z.array(itemSchema).max(20).describe('Questions that the lesson shows by their id.'),
  })
  .describe('The questions inside a lesson.');
