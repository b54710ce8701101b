/** The process answers. Says nothing about the database: a restart would not mend that. */
export function GET(): Response {
  return Response.json({ live: true });
}
