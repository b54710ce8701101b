import { z } from 'zod';
import { scenarioSchema } from './scenario.ts';
import { skillIdsSchema } from './skill.ts';
import { slugSchema } from './slug.ts';

/** Front matter of content/lessons/<slug>/lesson.mdx */
export const lessonSchema = z
  .strictObject({
    title: z.string().min(1).max(120).describe('Title of the lesson, in sentence case.'),
    summary: z.string().min(1).max(240).describe('What one can do afterwards, in one sentence.'),
    minutes: z.int().min(3).max(30).describe('How long it takes to read and do.'),
    kubernetes: z.literal('1.35').describe('The version that the lesson is true for.'),
    reviewed: z.iso.date().describe('The day on which somebody last checked every sentence.'),
    skills: skillIdsSchema,
    quiz: slugSchema.optional().describe('The quiz that belongs to it.'),
    exercise: slugSchema.optional().describe('The exercise that belongs to it.'),
    scenarios: z
      .record(slugSchema, scenarioSchema)
      .describe('Clusters that its figures and questions use, by name.'),
    sources: z
      .array(
        z.strictObject({
          title: z.string().min(1).max(160).describe('Title of the page, with its site.'),
          url: z.url({ protocol: /^https$/ }).describe('Its address.'),
        }),
      )
      .min(1)
      .max(20)
      .describe('Official pages that the lesson stands on.'),
  })
  .describe('Front matter of a lesson.');
export type LessonFrontMatter = z.infer<typeof lessonSchema>;
