import type { Network } from '../linux/network.ts';
import {
  acceptFrom,
  AF_INET,
  AF_INET6,
  bindSocket,
  closeSocket,
  listenOn,
  openSocket,
  POLLIN,
  receive,
  receiveFrom,
  sendBytes,
  sendBytesTo,
  setOption,
  SOCK_DGRAM,
  SOCK_STREAM,
  type Endpoint,
} from './kernel-calls.ts';
import type { KernelNetwork } from './kernel-network.ts';
import { encodeAnswer } from './probe-programs.ts';

/** Something that a socket waits for, and what is done when it comes. */
export interface Watched {
  readonly events: number;
  readonly react: (events: number) => void;
}

const SOL_IPV6 = 41;
const IPV6_V6ONLY = 26;

/**
 * Real servers where the simulator has simulated ones: on every port where a probe server listens, in the same
 * namespace, bound to the same address.
 */
export class KernelServers {
  readonly watched = new Map<number, Watched>();

  constructor(network: Network, kernel: KernelNetwork) {
    for (const namespace of Object.values(network.namespaces)) {
      for (const socket of Object.values(namespace.sockets)) {
        const process = network.processes[socket.pid];
        if (process?.program !== 'probe-server' || socket.peer) continue;
        kernel.inside(namespace.id, () => {
          if (socket.protocol === 'tcp') this.serveTcp(process.hostname, socket.local);
          else if (socket.protocol === 'udp') this.serveUdp(process.hostname, socket.local);
        });
      }
    }
  }

  close(): void {
    for (const fd of this.watched.keys()) closeSocket(fd);
    this.watched.clear();
  }

  private open(type: number, local: Endpoint): number {
    const isV6 = local.address.includes(':');
    const fd = openSocket(isV6 ? AF_INET6 : AF_INET, type);
    // As in the simulator (and in Go): `::` is for both families.
    if (isV6) setOption(fd, SOL_IPV6, IPV6_V6ONLY, 0);
    bindSocket(fd, local);
    return fd;
  }

  private serveTcp(name: string, local: Endpoint): void {
    const fd = this.open(SOCK_STREAM, local);
    listenOn(fd);
    this.watched.set(fd, { events: POLLIN, react: () => this.accept(fd, name) });
  }

  private accept(listener: number, by: string): void {
    for (let next = acceptFrom(listener); next; next = acceptFrom(listener)) {
      const { fd, from: client } = next;
      const answer = Buffer.from(encodeAnswer({ by, client }));
      this.watched.set(fd, { events: POLLIN, react: () => this.answer(fd, answer) });
    }
  }

  private answer(fd: number, answer: Buffer): void {
    const asked = receive(fd);
    if (typeof asked !== 'number' && asked.length > 0) sendBytes(fd, answer);
    else {
      this.watched.delete(fd);
      closeSocket(fd);
    }
  }

  private serveUdp(by: string, local: Endpoint): void {
    const fd = this.open(SOCK_DGRAM, local);
    const react = () => {
      for (let asked = receiveFrom(fd); typeof asked !== 'number'; asked = receiveFrom(fd)) {
        sendBytesTo(fd, Buffer.from(encodeAnswer({ by, client: asked.from })), asked.address);
      }
    };
    this.watched.set(fd, { events: POLLIN, react });
  }
}
