import { z } from 'zod';
import { scenarioSchema } from './scenario.ts';
import { levelSchema, skillIdsSchema } from './skill.ts';
import { slugSchema } from './slug.ts';

const title = z
  .string()
  .min(1)
  .max(160)
  .describe('The criterion, as a sentence about the cluster.');
const name = z.string().min(1).max(253);
const kind = z
  .string()
  .regex(/^[A-Z][A-Za-z]+$/)
  .describe('Kind of the object: Service.');
const namespace = name.optional().describe('Namespace of the object.');

const clientSchema = z
  .string()
  .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/)
  .describe('namespace/beginning of a pod name.');

const labelsSchema = z.record(z.string().max(317), z.string().max(63));
const newcomerSchema = z
  .strictObject({
    name: slugSchema.describe('Name of the pod, as from may name it.'),
    namespace: slugSchema.describe('Its namespace; created when there is none.'),
    labels: labelsSchema.optional().describe('Labels of the pod.'),
    namespaceLabels: labelsSchema
      .optional()
      .describe('Labels of the namespace, when the check creates it.'),
  })
  .describe('A pod that does not exist yet.');

/** Mirrors the simulator's Check; decide-exercise.test.ts holds the two together. */
export const checkSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('request'),
      title,
      from: clientSchema,
      url: z.string().max(200).describe('What it asks for.'),
      expect: z
        .strictObject({
          status: z.int().min(100).max(599).optional().describe('HTTP status of the answer.'),
          failure: z
            .enum(['refused', 'timeout', 'unresolved', 'unreachable'])
            .optional()
            .describe('How it must fail.'),
        })
        .refine((expect) => (expect.status === undefined) !== (expect.failure === undefined), {
          message: 'expect either a status or a failure',
        })
        .describe('What must come back.'),
    }),
    z.strictObject({
      type: z.literal('object'),
      title,
      kind,
      namespace,
      name: name.describe('Name of the object.'),
      path: z.string().max(200).describe('A field: .spec.selector.app'),
      equals: z.json().describe('The value that it must have.'),
    }),
    z.strictObject({
      type: z.literal('endpoints'),
      title,
      namespace: name.describe('Namespace of the Service.'),
      service: name.describe('Name of the Service.'),
      ready: z.int().min(0).max(1_000).describe('How many endpoints must be ready.'),
    }),
    z.strictObject({
      type: z.literal('uninterrupted'),
      title,
      from: clientSchema,
      url: z.string().max(200).describe('What it asks for, ten times a second.'),
      during: z
        .string()
        .min(1)
        .max(300)
        .describe('The command that is carried out meanwhile: kubectl rollout restart ...'),
    }),
    z.strictObject({
      type: z.literal('blast-radius'),
      title,
      allowed: z
        .array(z.string().max(300))
        .max(20)
        .describe('Pairs that may become reachable: shop/* -> shop/catalog:80'),
      mayLose: z
        .array(z.string().max(300))
        .max(20)
        .optional()
        .describe(
          'Pairs that may become unreachable. Given, every other pair that was reachable at the start must still be.',
        ),
    }),
    z.strictObject({
      type: z.literal('isolation'),
      title,
      to: z
        .string()
        .regex(/^([a-z0-9-]+\/[a-z0-9.-]+( pod)?|outside [a-z0-9-]+):\d+$/)
        .describe(
          'A Service and its port, shop/catalog:80, pods, shop/catalog pod:8080, or outside web-server:80',
        ),
      from: z
        .array(z.string().max(160))
        .max(20)
        .describe('Exactly these reach it, namespace/workload, * for any text. Empty: nobody.'),
      newcomers: z
        .array(newcomerSchema)
        .max(5)
        .optional()
        .describe('Pods that do not exist yet, which try too.'),
    }),
    z.strictObject({
      type: z.literal('kept'),
      title,
      kind,
      namespace,
      name: name.describe('Name of the object.'),
      paths: z
        .array(z.string().max(200))
        .min(1)
        .max(10)
        .describe('Fields that must be as they were.'),
    }),
  ])
  .describe('A criterion, decided by the simulator.');
export type CheckSource = z.infer<typeof checkSchema>;

/** content/exercises/<slug>/exercise.yaml */
export const exerciseSchema = z
  .strictObject({
    title: z.string().min(1).max(120).describe('Names the symptom, never the cause.'),
    summary: z.string().min(1).max(240).describe('The symptom in one sentence.'),
    minutes: z.int().min(2).max(60).describe('How long it takes.'),
    level: levelSchema,
    kubernetes: z.literal('1.35').describe('The version of the cluster.'),
    reviewed: z.iso.date().describe('The day on which somebody last checked it.'),
    skills: skillIdsSchema,
    par: z.int().min(1).max(20).describe('Changes that the shortest solution makes.'),
    scenario: scenarioSchema,
    checks: z.array(checkSchema).min(1).max(12).describe('What must be true at the end.'),
    hints: z
      .array(z.string().min(1).max(400))
      .length(3)
      .describe('Three hints: where to look, what to compare, what differs. Never the command.'),
  })
  .describe('An exercise.');
export type ExerciseSource = z.infer<typeof exerciseSchema>;

const because = z.string().min(1).max(300).describe('Why somebody would do it now.');

const stepsSchema = z
  .array(
    z.union([
      z.strictObject({
        command: z.string().min(1).max(2_000).describe('One line at the prompt.'),
        because,
      }),
      z.strictObject({
        apply: z.string().min(1).max(8_000).describe('YAML that is applied in the editor.'),
        because,
      }),
    ]),
  )
  .min(1)
  .max(30);

/** content/exercises/<slug>/solution.yaml: the actions of a transcript that passes, and of some that must not. */
export const solutionSchema = z
  .strictObject({
    steps: stepsSchema.describe('The way through, looking included.'),
    shortcuts: z
      .array(
        z.strictObject({
          title: z.string().min(1).max(160).describe('What somebody might try instead.'),
          steps: stepsSchema.describe('What they would do.'),
        }),
      )
      .max(10)
      .optional()
      .describe('Ways that look like solutions: the check proves that the criteria refuse them.'),
  })
  .describe('A solution that is proven by replay.');
export type Solution = z.infer<typeof solutionSchema>;
