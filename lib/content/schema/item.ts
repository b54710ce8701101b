import { z } from 'zod';
import { observableSchema, observedValueSchema } from './observable.ts';
import { levelSchema, skillIdsSchema } from './skill.ts';
import { slugSchema } from './slug.ts';

const text = (max: number, description: string) => z.string().min(1).max(max).describe(description);
const why = text(600, 'Shown after the answer: why this is right, or what it mistakes.');
const belief = text(
  120,
  'The mistaken belief that this option comes from, as somebody would say it.',
).optional();

/** Fields of every kind of item. */
const common = {
  id: slugSchema.describe('Unique over all content, because attempts and reviews refer to it.'),
  stem: text(900, 'The question. Code between backticks; a blank line begins a paragraph.'),
  code: text(2_000, 'YAML or terminal output that the question is about.').optional(),
  skills: skillIdsSchema,
  level: levelSchema,
};

const choice = {
  id: slugSchema.describe(
    'Name of the option. It must not give the answer away: the page shows it.',
  ),
  text: text(300, 'The option as it is read.'),
  why,
  belief,
};

const singleSchema = z.strictObject({
  type: z.literal('single').describe('One option is right.'),
  ...common,
  options: z
    .array(
      z.strictObject({
        ...choice,
        right: z.literal(true).optional().describe('Marks the right option.'),
      }),
    )
    .min(3)
    .max(5)
    .describe('Three to five options, exactly one of them right.'),
});

const multipleSchema = z.strictObject({
  type: z
    .literal('multiple')
    .describe('Several options are right; the question says to choose all.'),
  ...common,
  options: z
    .array(
      z.strictObject({
        ...choice,
        right: z.literal(true).optional().describe('Marks a right option.'),
      }),
    )
    .min(4)
    .max(6)
    .describe('Four to six options, at least one right and at least one wrong.'),
});

const orderSchema = z.strictObject({
  type: z.literal('order').describe('Steps to bring into order.'),
  ...common,
  options: z
    .array(z.strictObject({ ...choice, text: text(200, 'One step.') }))
    .min(3)
    .max(6)
    .describe('The steps in their right order; the page shows them in another.'),
});

const predictSchema = z.strictObject({
  type: z.literal('predict').describe('What a packet will do. The simulator is the key.'),
  ...common,
  scenario: z
    .string()
    .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/)
    .describe('A scenario of a lesson: services/shop.'),
  from: z
    .string()
    .regex(/^[a-z0-9-]+(\/[a-z0-9-]+)?$/)
    .describe('Who asks: namespace/beginning-of-a-pod-name, the name of a node, or workstation.'),
  url: z.string().max(200).describe('What it asks for: http://catalog/.'),
  observe: observableSchema,
  options: z
    .array(z.strictObject({ ...choice, value: observedValueSchema }))
    .min(3)
    .max(5)
    .describe('Three to five options; exactly one has the value that the simulator observes.'),
});

export const itemSchema = z
  .discriminatedUnion('type', [singleSchema, multipleSchema, orderSchema, predictSchema])
  .superRefine((item, context) => {
    const problem = findItemProblem(item);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

export type Item = z.infer<typeof itemSchema>;
export type ItemType = Item['type'];
export type PredictItem = Extract<Item, { type: 'predict' }>;

function findItemProblem(item: z.infer<typeof singleSchema> | Item): string | undefined {
  const ids = new Set(item.options.map((option) => option.id));
  if (ids.size !== item.options.length) return 'option ids are not unique';
  if (item.type !== 'single' && item.type !== 'multiple') return undefined;
  const right = item.options.filter((option) => option.right === true).length;
  if (item.type === 'single' && right !== 1) return `exactly one option is right, not ${right}`;
  if (right === 0 || right === item.options.length)
    return 'some options are right and some are not';
  return undefined;
}
