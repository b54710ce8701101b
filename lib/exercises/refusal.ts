/** Why there is no answer, for people; `status` is HTTP's. */
export interface Refusal {
  readonly type: 'refused';
  readonly status: 400 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 503;
  readonly problem: string;
  readonly retryAfterSeconds?: number;
}

export function refuse(
  status: Refusal['status'],
  problem: string,
  retryAfterSeconds?: number,
): Refusal {
  return {
    type: 'refused',
    status,
    problem,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The refusal as a browser hears it. */
export function refusalResponse({ status, problem, retryAfterSeconds }: Omit<Refusal, 'type'>) {
  const headers: HeadersInit =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return Response.json({ problem }, { status, headers });
}
