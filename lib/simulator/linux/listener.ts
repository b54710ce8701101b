import type { NetworkNamespace, Socket } from './network.ts';

/** net.core.somaxconn: what listen() asks for is cut to this. */
const MOST_WAITING = 4096;

/** sk_max_ack_backlog: `ss -l` shows it as Send-Q. */
export function backlogOf(
  { sysctls }: Pick<NetworkNamespace, 'sysctls'>,
  listener: Socket,
): number {
  const limit = Number(sysctls['core.somaxconn'] ?? MOST_WAITING);
  return Math.min(listener.backlog ?? MOST_WAITING, Number.isInteger(limit) ? limit : MOST_WAITING);
}

/** Connections that wait for accept, oldest first: `ss -l` shows how many as Recv-Q. */
export const waitingFor = (
  { sockets }: Pick<NetworkNamespace, 'sockets'>,
  listener: Socket,
): readonly Socket[] =>
  Object.values(sockets).filter((socket) => socket.isQueued && socket.listener === listener.id);

/** sk_acceptq_is_full: there is room for one more than the backlog says. */
export const isBacklogFull = (
  namespace: Pick<NetworkNamespace, 'sockets' | 'sysctls'>,
  listener: Socket,
): boolean =>
  listener.acceptsWhenAsked === true &&
  waitingFor(namespace, listener).length > backlogOf(namespace, listener);
