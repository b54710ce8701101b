import { exportAccount } from '#lib/auth/export-account.server.ts';
import { consume } from '#lib/auth/rate-limit.server.ts';
import { getViewer } from '#lib/auth/viewer.server.ts';

/** Everything kept about the viewer, as a JSON file to keep. */
export async function GET(): Promise<Response> {
  const viewer = await getViewer();
  if (viewer.kind === 'none') {
    return Response.json({ problem: 'Nothing is kept about you yet.' }, { status: 404 });
  }
  const allowed = await consume('export-viewer', viewer.id);
  if (!allowed.isAllowed) {
    const headers = { 'retry-after': String(allowed.retryAfterSeconds) };
    return Response.json(
      { problem: 'Too many exports. Try again later.' },
      { status: 429, headers },
    );
  }
  const data = await exportAccount(viewer);
  if (!data) return Response.json({ problem: 'Not found.' }, { status: 404 });
  return new Response(JSON.stringify(data, null, 2), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="hopwise-export.json"',
    },
  });
}
