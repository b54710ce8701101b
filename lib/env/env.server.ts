import 'server-only';
import { z } from 'zod';

const optional = z.preprocess((value) => (value === '' ? undefined : value), z.string().optional());

const schema = z
  .object({
    NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
    DATABASE_URL: z
      .string({ error: 'DATABASE_URL is missing. `npm start` sets it; otherwise set it yourself.' })
      .regex(/^postgres(ql)?:\/\//, 'DATABASE_URL must begin with postgresql://'),
    NEXTAUTH_SECRET: z.string().default(''),
    HOPWISE_URL: z.url('HOPWISE_URL must be a whole address, such as https://hopwise.example.com'),
    GITHUB_ID: optional,
    GITHUB_SECRET: optional,
    /** multiplies every rate limit; for a class behind one address, and for tests */
    HOPWISE_LIMIT_FACTOR: z.coerce.number().positive().max(10_000).default(1),
    HOPWISE_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(5).default(0),
  })
  .superRefine((value, context) => {
    if (value.NODE_ENV !== 'production' || isStrongSecret(value.NEXTAUTH_SECRET)) return;
    context.addIssue({
      code: 'custom',
      path: ['NEXTAUTH_SECRET'],
      message:
        'NEXTAUTH_SECRET is too weak for production: give at least 32 random characters, for example from `openssl rand -base64 32`.',
    });
  });

export type Environment = z.infer<typeof schema>;

/** At least 32 characters, of which at least 10 differ: "change-me" and "aaaa..." are refused. */
function isStrongSecret(secret: string): boolean {
  return secret.length >= 32 && new Set(secret).size >= 10;
}

/** The environment, or every problem in it, one sentence a line. */
export function parseEnvironment(
  variables: Record<string, string | undefined>,
): { environment: Environment } | { problems: string[] } {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return { environment: parsed.data };
  return {
    problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  };
}

let parsedOnce: Environment | undefined;

/** The environment of this process, parsed at the first call. Throws when the machine is set up wrongly. */
export function env(): Environment {
  if (parsedOnce) return parsedOnce;
  const result = parseEnvironment(process.env);
  if ('problems' in result)
    throw new Error(`The environment is not usable.\n${result.problems.join('\n')}`);
  return (parsedOnce = result.environment);
}

/** Are we reached over https? Then cookies are Secure and carry the __Host- prefix. */
export function isHttps(): boolean {
  return env().HOPWISE_URL.startsWith('https://');
}
