import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { authOptions } from '#lib/auth/next-auth.server.ts';
import { rebuildAfterMerge } from '../../../(people)/let-in.ts';

interface Context {
  params: Promise<{ nextauth: string[] }>;
}

/** next-auth's own addresses: GitHub's way back, the session, sign-in by program. */
async function handle(request: NextRequest, context: Context): Promise<Response> {
  return (await NextAuth(request, context, authOptions(rebuildAfterMerge))) as Response;
}

export { handle as GET, handle as POST };
