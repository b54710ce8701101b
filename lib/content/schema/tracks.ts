import { z } from 'zod';
import { slugSchema } from './slug.ts';

const moduleSchema = z.strictObject({
  number: z.int().min(1).max(99).describe('Number of the module; lessons are numbered below it.'),
  slug: slugSchema.describe('Part of the address: /learn/<slug>.'),
  title: z.string().min(1).max(80).describe('Title of the module.'),
  about: z.string().min(1).max(200).describe('What it is about, in one sentence.'),
  needs: z.array(slugSchema).max(5).describe('Modules that come before it.'),
  lessons: z
    .array(slugSchema)
    .max(10)
    .describe('Its lessons in order; none yet: the page says planned.'),
});

/** content/tracks.yaml: the order and the prerequisites of everything. */
export const tracksSchema = z
  .strictObject({
    groups: z
      .array(
        z.strictObject({
          title: z.string().min(1).max(60).describe('Heading over some modules.'),
          modules: z.array(moduleSchema).min(1).max(10).describe('Modules, in order.'),
        }),
      )
      .min(1)
      .max(10)
      .describe('The modules in groups.'),
  })
  .describe('The map of what is taught.');
export type Tracks = z.infer<typeof tracksSchema>;
export type ModuleSource = z.infer<typeof moduleSchema>;
