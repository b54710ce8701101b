import { z } from 'zod';

export const SKILL_KINDS = ['recall', 'predict', 'build', 'debug', 'explain'] as const;
export type SkillKind = (typeof SKILL_KINDS)[number];

/** `services.predict`: what of a module one can do. */
export const skillIdSchema = z
  .string()
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*\.(recall|predict|build|debug|explain)$/,
    'a module and one of recall, predict, build, debug, explain, joined by a dot',
  )
  .describe('A skill: the module and what one does, such as services.predict.');

export const skillIdsSchema = z
  .array(skillIdSchema)
  .min(1)
  .max(4)
  .describe('The skills that an answer gives evidence of, the main one first.');

export const levelSchema = z
  .enum(['junior', 'mid', 'senior', 'staff'])
  .describe('For whom the interviewer would ask this.');
export type Level = z.infer<typeof levelSchema>;

/** `services.predict` → module and kind. */
export function splitSkillId(skillId: string): { module: string; kind: SkillKind } {
  const at = skillId.lastIndexOf('.');
  return { module: skillId.slice(0, at), kind: skillId.slice(at + 1) as SkillKind };
}
