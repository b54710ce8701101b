import { isDatabaseReady } from '#lib/db/readiness.server.ts';

export const dynamic = 'force-dynamic';

/** 200 when the database answers within a second and this process is not on its way out; else 503. */
export async function GET(): Promise<Response> {
  // bin/serve.mjs sets this when it was told to stop.
  const isDraining = Reflect.get(globalThis, Symbol.for('hopwise.draining')) === true;
  const isReady = !isDraining && (await isDatabaseReady());
  return Response.json(
    { ready: isReady },
    { status: isReady ? 200 : 503, ...(isReady ? {} : { headers: { 'retry-after': '2' } }) },
  );
}
