import { formatSocketAddress, type SocketAddress } from '../base/flow.ts';
import type { Program, SystemCalls } from '../linux/program.ts';

const bytes = (text: string) => ({ kind: 'bytes', text }) as const;

function parseAddress(text = ''): SocketAddress {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  return { address: bracketed ?? plain ?? '', port: Number(port ?? 0) };
}

const endpoint = formatSocketAddress;

/** `tcp-server 8080 [text]`: answers each connection's first data with text, or who it thinks called. */
const TCP_SERVER: Program = {
  name: 'tcp-server',
  start([port = '0', text], calls) {
    const { ok } = calls.listen(Number(port));
    if (!ok) calls.exit(1);
    return text === undefined ? {} : { text };
  },
  handle(state, event, calls) {
    if (event.type === 'data') {
      const peer = calls.peerAddress(event.socket);
      calls.print(`data from ${peer?.address ?? ''}\n`);
      const { text } = state as { text?: string };
      calls.send(event.socket, bytes(text ?? `hello ${peer?.address ?? ''}`));
    } else if (event.type === 'ended') calls.close(event.socket);
    else if (event.type === 'signal') calls.exit(0);
  },
};

/** `tcp-client ADDRESS:PORT`: sends one line, prints the answer or the error, and ends. */
const TCP_CLIENT: Program = {
  name: 'tcp-client',
  start([to], calls) {
    const result = calls.connect(parseAddress(to));
    if (!result.ok) giveUp(calls, result.error);
    return {};
  },
  handle(_state, event, calls) {
    if (event.type === 'connected') calls.send(event.socket, bytes('hi'));
    else if (event.type === 'data') {
      calls.print(event.payload.kind === 'bytes' ? event.payload.text : event.payload.kind);
      calls.close(event.socket);
    } else if (event.type === 'ended') calls.exit(0);
    else if (event.type === 'failed') giveUp(calls, event.error);
  },
};

function giveUp(calls: SystemCalls, error: string): void {
  calls.print(error);
  calls.exit(1);
}

/** `udp-server 53`: answers each datagram with where it came from. */
const UDP_SERVER: Program = {
  name: 'udp-server',
  start([port = '0'], calls) {
    calls.openUdp(Number(port));
    return {};
  },
  handle(_state, event, calls) {
    if (event.type === 'datagram') {
      calls.print(`datagram from ${event.from.address}\n`);
      calls.sendTo(event.socket, event.from, bytes(`hello ${event.from.address}`));
    }
  },
};

/** `udp-client ADDRESS:PORT`: prints the answer and who it came from, or the error. */
const UDP_CLIENT: Program = {
  name: 'udp-client',
  start([to], calls) {
    const socket = calls.openUdp();
    if (socket.ok) calls.sendTo(socket.socket, parseAddress(to), bytes('hi'));
    return {};
  },
  handle(_state, event, calls) {
    if (event.type === 'datagram') {
      const text = event.payload.kind === 'bytes' ? event.payload.text : '';
      calls.print(`${text} (${endpoint(event.from)})`);
      calls.exit(0);
    } else if (event.type === 'failed') {
      const from = event.icmp ? ` (${event.icmp.type} from ${event.icmp.from})` : '';
      giveUp(calls, `${event.error}${from}`);
    }
  },
};

/** `ping ADDRESS [ttl]`: one echo request. */
const PING: Program = {
  name: 'ping',
  start([to = '', ttl], calls) {
    const socket = calls.openPing();
    if (socket.ok)
      calls.sendEcho(socket.socket, to, 1, ttl === undefined ? {} : { ttl: Number(ttl) });
    return {};
  },
  handle(_state, event, calls) {
    if (event.type === 'echo-reply') {
      calls.print(`from ${event.from} seq=${event.sequence} ttl=${event.ttl}`);
      calls.exit(0);
    } else if (event.type === 'failed') {
      giveUp(calls, `${event.error} ${event.icmp?.type ?? ''} from ${event.icmp?.from ?? 'here'}`);
    }
  },
};

/** Small programs for tests of the network stack, by name. */
export const LAB_PROGRAMS: Readonly<Record<string, Program>> = Object.fromEntries(
  [TCP_SERVER, TCP_CLIENT, UDP_SERVER, UDP_CLIENT, PING].map((program) => [program.name, program]),
);
