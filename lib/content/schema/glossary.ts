import { z } from 'zod';
import { slugSchema } from './slug.ts';

/** Front matter of content/glossary/<term>.mdx; the body is the explanation. */
export const glossarySchema = z
  .strictObject({
    term: z.string().min(1).max(60).describe('The word as the field writes it: EndpointSlice.'),
    short: z.string().min(1).max(240).describe('What it is, in one sentence.'),
    see: z.array(slugSchema).max(6).describe('Terms to read next.'),
    sources: z
      .array(z.url({ protocol: /^https$/ }))
      .min(1)
      .max(5)
      .describe('Official pages.'),
  })
  .describe('Front matter of a glossary entry.');
export type GlossaryFrontMatter = z.infer<typeof glossarySchema>;
