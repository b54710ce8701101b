import 'server-only';
import { db } from './client.server.ts';

/** Does the database answer a query within a second? */
export async function isDatabaseReady(): Promise<boolean> {
  const query = db().$queryRaw`select 1`.then(
    () => true,
    () => false,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, 1_000, false)));
  const isReady = await Promise.race([query, late]);
  clearTimeout(timer);
  return isReady;
}
