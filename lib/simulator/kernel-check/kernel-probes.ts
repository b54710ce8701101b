import type { Errno } from '../linux/program.ts';
import {
  AF_INET,
  AF_INET6,
  bindSocket,
  closeSocket,
  connectTo,
  ERRNO,
  errorOf,
  keepIcmpReports,
  openSocket,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  pollSockets,
  receive,
  receiveFrom,
  sendBytes,
  sendBytesTo,
  SOCK_DGRAM,
  SOCK_STREAM,
  takeIcmpReport,
} from './kernel-calls.ts';
import type { KernelNetwork } from './kernel-network.ts';
import type { KernelServers } from './kernel-servers.ts';
import type { Probe } from './draw-probes.ts';
import { decodeAnswer, type ClientReport, type ClientView } from './probe-programs.ts';
import { FIRST_PORT } from './simulated-probes.ts';

const QUESTION = Buffer.from('who');

interface Asked {
  readonly probe: Probe;
  readonly port: number;
  readonly fd: number;
  /** A connection that is being made has something to say when it can be written to. */
  events: number;
  readonly sending: ClientReport['sending'];
  view?: ClientView;
}

function errnoName(error: number): Errno {
  const found = Object.entries(ERRNO).find(([, number]) => number === error);
  return (found?.[0] ?? `errno ${error}`) as Errno;
}

function failureOf(fd: number): ClientView | undefined {
  const report = takeIcmpReport(fd);
  if (report) return { type: 'icmp', icmp: `${report.type}/${report.code}`, from: report.from };
  const error = errorOf(fd);
  return error === 0 ? undefined : { type: 'failed', error: errnoName(error) };
}

function hearTcp(asked: Asked, events: number): ClientView | undefined {
  if (events & (POLLERR | POLLHUP)) {
    const failure = failureOf(asked.fd);
    if (failure) return failure;
  }
  if (asked.events === POLLOUT && events & POLLOUT) {
    sendBytes(asked.fd, QUESTION);
    asked.events = POLLIN;
    return undefined;
  }
  const data = events & POLLIN ? receive(asked.fd) : -ERRNO.EAGAIN;
  if (typeof data === 'number') {
    return data === -ERRNO.EAGAIN ? undefined : { type: 'failed', error: errnoName(-data) };
  }
  if (data.length === 0) return { type: 'failed', error: 'ECONNRESET' };
  return { type: 'answered', answer: decodeAnswer(data.toString()), from: asked.probe.to };
}

function hearUdp(asked: Asked, events: number): ClientView | undefined {
  if (events & POLLERR) {
    const failure = failureOf(asked.fd);
    if (failure) return failure;
  }
  const heard = receiveFrom(asked.fd);
  if (typeof heard === 'number') return undefined;
  return { type: 'answered', answer: decodeAnswer(heard.data.toString()), from: heard.from };
}

/** Questions to the kernel: real sockets in the namespaces, all held by this process. */
export class KernelProbes {
  private readonly open = new Map<number, Asked>();
  private readonly all: Asked[] = [];

  constructor(
    private readonly kernel: KernelNetwork,
    private readonly servers: KernelServers,
  ) {}

  /** Asks, one after the other, and lets each question travel before the next is asked. */
  ask(probes: readonly Probe[]): void {
    for (const probe of probes) {
      this.askOne(probe);
      this.turn(0);
    }
  }

  /** Serves and listens until every probe has an answer, or nothing has happened for `quiet` ms, or `limit` ms are over. */
  listen(quiet: number, limit: number): void {
    const end = performance.now() + limit;
    while (this.open.size > 0) {
      const left = end - performance.now();
      if (left <= 0 || !this.turn(Math.min(quiet, left))) return;
    }
  }

  /** What became of the probes, in the order in which they were asked; whoever was not answered heard silence. */
  reports(): ClientReport[] {
    return this.all.map(({ view, port, sending }) => ({
      view: view ?? { type: 'silence' },
      port,
      sending,
    }));
  }

  close(): void {
    for (const fd of this.open.keys()) closeSocket(fd);
    this.open.clear();
  }

  private askOne(probe: Probe): void {
    const port = FIRST_PORT + this.all.length;
    const family = probe.to.address.includes(':') ? AF_INET6 : AF_INET;
    const asked = this.kernel.inside(probe.namespace, (): Asked => {
      const fd = openSocket(family, probe.protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM);
      keepIcmpReports(fd, family);
      bindSocket(fd, { address: family === AF_INET6 ? '::' : '0.0.0.0', port });
      const isTcp = probe.protocol === 'tcp';
      const result = isTcp ? connectTo(fd, probe.to) : sendBytesTo(fd, QUESTION, probe.to);
      const sending = !isTcp && result === -ERRNO.EPERM ? 'EPERM' : 'sent';
      const made: Asked = { probe, port, fd, sending, events: isTcp ? POLLOUT : POLLIN };
      const isOver = result < 0 && result !== -ERRNO.EINPROGRESS && sending === 'sent';
      return isOver ? { ...made, view: { type: 'failed', error: errnoName(-result) } } : made;
    });
    this.all.push(asked);
    if (asked.view) closeSocket(asked.fd);
    else this.open.set(asked.fd, asked);
  }

  /** One poll(2), and what follows from it. False when nothing happened. */
  private turn(timeout: number): boolean {
    const wanted = new Map<number, number>();
    for (const [fd, { events }] of this.servers.watched) wanted.set(fd, events);
    for (const [fd, { events }] of this.open) wanted.set(fd, events);
    const seen = pollSockets(wanted, timeout);
    for (const [fd, events] of seen) {
      const asked = this.open.get(fd);
      if (asked) this.hear(asked, events);
      else this.servers.watched.get(fd)?.react(events);
    }
    return seen.size > 0;
  }

  private hear(asked: Asked, events: number): void {
    const view = asked.probe.protocol === 'tcp' ? hearTcp(asked, events) : hearUdp(asked, events);
    if (!view) return;
    asked.view = view;
    this.open.delete(asked.fd);
    closeSocket(asked.fd);
  }
}
