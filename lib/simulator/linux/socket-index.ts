import type { NetworkNamespace, Socket } from './network.ts';

type Sockets = NetworkNamespace['sockets'];

/** By local port and by process; each group in the order of the sockets' ids. */
interface SocketIndex {
  readonly byPort: Map<number, Map<number, Socket>>;
  readonly byProcess: Map<number, Map<number, Socket>>;
}

/** What the kernel's hash tables are: made again from the sockets of a restored state, and no part of it. */
const indexes = new WeakMap<Sockets, SocketIndex>();

function put(groups: Map<number, Map<number, Socket>>, key: number, socket: Socket): void {
  const group = groups.get(key);
  if (group) group.set(socket.id, socket);
  else groups.set(key, new Map([[socket.id, socket]]));
}

function take(groups: Map<number, Map<number, Socket>>, key: number, socket: Socket): void {
  const group = groups.get(key);
  group?.delete(socket.id);
  if (group?.size === 0) groups.delete(key);
}

function enter({ byPort, byProcess }: SocketIndex, socket: Socket): void {
  put(byPort, socket.local.port, socket);
  put(byProcess, socket.pid, socket);
}

function indexOf(sockets: Sockets): SocketIndex {
  const known = indexes.get(sockets);
  if (known) return known;
  const index: SocketIndex = { byPort: new Map(), byProcess: new Map() };
  for (const socket of Object.values(sockets)) enter(index, socket);
  indexes.set(sockets, index);
  return index;
}

/** Registers a socket in its namespace. Its local port and its process stay what they are; its id is the highest so far. */
export function putSocket({ sockets }: Pick<NetworkNamespace, 'sockets'>, socket: Socket): void {
  enter(indexOf(sockets), socket);
  sockets[socket.id] = socket;
}

/** Forgets a socket, if it is there. */
export function takeSocket({ sockets }: Pick<NetworkNamespace, 'sockets'>, id: number): void {
  const socket = sockets[id];
  if (!socket) return;
  const { byPort, byProcess } = indexOf(sockets);
  take(byPort, socket.local.port, socket);
  take(byProcess, socket.pid, socket);
  delete sockets[id];
}

const NONE: ReadonlyMap<number, Socket> = new Map();

/** The sockets with a local port, oldest first. */
export const socketsAtPort = (
  { sockets }: Pick<NetworkNamespace, 'sockets'>,
  port: number,
): Iterable<Socket> => (indexOf(sockets).byPort.get(port) ?? NONE).values();

/** The sockets that a process opened or accepted, oldest first. A copy: they may be closed meanwhile. */
export const socketsOfProcess = (
  { sockets }: Pick<NetworkNamespace, 'sockets'>,
  pid: number,
): readonly Socket[] => [...(indexOf(sockets).byProcess.get(pid) ?? NONE).values()];
