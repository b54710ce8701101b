import 'server-only';
import { headers } from 'next/headers';

/** The address of the client. bin/serve.mjs writes this header itself and drops what clients claim. */
export async function clientAddress(): Promise<string> {
  return (await headers()).get('x-forwarded-for')?.split(',')[0]?.trim() || 'unknown';
}
