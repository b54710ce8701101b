import { z } from 'zod';

/** Names of folders, files, items and options: part of addresses and of kept attempts, so they never change. */
export const slugSchema = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by single dashes')
  .describe(
    'A name in lower-case words joined by dashes. It is kept in attempts: do not rename it later.',
  );

/** A file below the folder of the thing that names it. */
export const relativePathSchema = z
  .string()
  .max(200)
  .regex(
    /^(?!.*\.\.)[\w-]+(\/[\w.-]+)*\.[a-z]+$/,
    'a path below this folder, without dots that climb',
  )
  .describe('A file below this folder, such as start/shop.yaml.');
