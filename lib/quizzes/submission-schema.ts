import { z } from 'zod';
import { CONFIDENCES } from '#lib/review/evidence.ts';

/** The most bytes of one answer. */
export const ANSWER_BYTE_LIMIT = 64 * 1024;

const idSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9-]+$/);

/** Body of POST /api/attempts. Strict: a field more is an error. */
export const submissionSchema = z.strictObject({
  key: z.uuid(),
  itemId: idSchema,
  revision: z.string().regex(/^[0-9a-f]{16}$/),
  chosen: z.array(idSchema).min(1).max(10),
  confidence: z.enum(CONFIDENCES),
  setting: z.enum(['lesson', 'quiz', 'practice']),
  seed: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .optional(),
});
