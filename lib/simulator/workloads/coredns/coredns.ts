import type { Store } from '../../apiserver/store.ts';
import { SECOND } from '../../base/clock.ts';
import type { Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import { httpResponse, serveHttp } from '../http-server.ts';
import { parseCorefile } from './corefile.ts';
import type { CorednsState } from './coredns-state.ts';
import { handleQuery, hearUpstream, loseUpstream, probeForLoop, serverFor } from './serve-dns.ts';
import { serverConfigOf, type ServerConfig } from './server-config.ts';
import { sendToUpstream, socketOfTimer, type Origin } from './upstream.ts';

export const COREDNS_VERSION = '1.13.1';
/** plugin/reload's default interval. */
const RELOAD_INTERVAL = 30 * SECOND;

type Loaded =
  | { readonly ok: true; readonly servers: ServerConfig[] }
  | { readonly ok: false; readonly error: string };

function loadConfig(text: string, path: string, resolvConf: string): Loaded {
  const corefile = parseCorefile(text, path);
  if (!corefile.ok) return corefile;
  const servers: ServerConfig[] = [];
  for (const block of corefile.servers) {
    const result = serverConfigOf(block, { path, resolvConf });
    if (!result.ok) return result;
    servers.push(result.config);
  }
  return { ok: true, servers };
}

function listenHttp(
  state: CorednsState,
  port: number | undefined,
  role: 'health' | 'ready' | 'metrics',
  calls: SystemCalls,
  address?: string,
): void {
  if (port === undefined) return;
  const opened = calls.listen(port, address);
  if (opened.ok) state.listeners[opened.socket] = role;
}

/** The addresses that a server listens on; undefined stands for all. A device stands for its addresses (plugin/bind). */
function boundAddresses({ bind }: ServerConfig, calls: SystemCalls): (string | undefined)[] {
  if (bind.length === 0) return [undefined];
  const devices = calls.interfaces();
  return bind.flatMap(
    (word) =>
      devices.find(({ name }) => name === word)?.addresses.map(({ address }) => address) ?? [word],
  );
}

/** Opens the UDP and the TCP socket of one place; undefined when that went well. */
function openDns(
  state: CorednsState,
  port: number,
  address: string | undefined,
  calls: SystemCalls,
): string | undefined {
  const udp = calls.openUdp(port, address);
  const tcp = calls.listen(port, address);
  if (udp.ok) state.udpSockets[udp.socket] = port;
  if (tcp.ok) state.listeners[tcp.socket] = 'dns';
  if (tcp.ok && udp.ok) return undefined;
  const isAbsent = !tcp.ok && tcp.error === 'EADDRNOTAVAIL';
  const problem = isAbsent ? 'cannot assign requested address' : 'address already in use';
  return `listen tcp ${address ?? ''}:${port}: bind: ${problem}`;
}

function openSockets(state: CorednsState, calls: SystemCalls): void {
  const places = new Map<string, readonly [number, string | undefined]>();
  for (const server of state.servers) {
    for (const address of boundAddresses(server, calls))
      places.set(`${address ?? ''}:${server.port}`, [server.port, address]);
  }
  for (const [port, address] of places.values()) {
    const problem = openDns(state, port, address, calls);
    if (problem !== undefined) {
      calls.print(`${problem}\n`);
      calls.exit(1);
      return;
    }
  }
  const first = <T>(pick: (server: ServerConfig) => T | undefined) =>
    state.servers.map(pick).find((value) => value !== undefined);
  const healthAddress = first((server) => server.healthAddress);
  const healthPort = first((server) => server.healthPort);
  listenHttp(state, healthPort, 'health', calls, healthAddress);
  const readyPort = first((server) => server.readyPort);
  listenHttp(state, readyPort, 'ready', calls);
  const metricsPort = first((server) => server.metricsPort);
  listenHttp(state, metricsPort, 'metrics', calls);
}

function announce(state: CorednsState, calls: SystemCalls): void {
  for (const { zones, port } of state.servers) {
    calls.print(`${zones.map((zone) => `${zone}:${port}`).join('\n')}\n`);
  }
  calls.print(`CoreDNS-${COREDNS_VERSION}\nlinux/amd64\n`);
}

/** plugin/reload. Simplified: looked at when somebody asks or probes, while the real one looks every 30 seconds by itself. */
function reloadIfChanged(state: CorednsState, calls: SystemCalls): void {
  if (calls.now - state.checkedAt < RELOAD_INTERVAL) return;
  state.checkedAt = calls.now;
  if (!state.servers.some(({ reloads }) => reloads)) return;
  const text = calls.readFile(state.configPath) ?? '';
  if (text === state.corefile) return;
  state.corefile = text;
  const loaded = loadConfig(text, state.configPath, calls.readFile('/etc/resolv.conf') ?? '');
  if (!loaded.ok) {
    calls.print(`[ERROR] Restart failed: ${loaded.error}\n`);
    calls.print(`[ERROR] plugin/reload: Corefile changed but reload failed: ${loaded.error}\n`);
    return;
  }
  calls.print('[INFO] Reloading\n[INFO] Reloading complete\n');
  state.servers = loaded.servers;
  state.caches = loaded.servers.map(() => ({ entries: {} }));
}

function metricsText(state: CorednsState): string {
  const lines = Object.entries(state.responses).map(
    ([code, count]) =>
      `coredns_dns_responses_total{plugin="",rcode="${code}",server="dns://:53",zone="."} ${count}\n`,
  );
  return [
    '# TYPE coredns_build_info gauge\n',
    `coredns_build_info{goversion="go1.25.2",revision="1db4568",version="${COREDNS_VERSION}"} 1\n`,
    '# TYPE coredns_dns_responses_total counter\n',
    ...lines,
  ].join('');
}

function answerHttp(state: CorednsState, role: 'health' | 'ready' | 'metrics', target: string) {
  const path = target.split('?')[0];
  const plain = [['Content-Type', 'text/plain; charset=utf-8']] as const;
  const wanted = role === 'health' ? '/health' : role === 'ready' ? '/ready' : '/metrics';
  if (path !== wanted) return httpResponse(404, plain, '404 page not found\n');
  return httpResponse(200, plain, role === 'metrics' ? metricsText(state) : 'OK');
}

function startServer(
  configMap: string,
  args: readonly string[],
  store: Store,
  calls: SystemCalls,
): CorednsState {
  const at = args.indexOf('-conf');
  const configPath = at >= 0 ? (args[at + 1] ?? '') : '/etc/coredns/Corefile';
  const text = calls.readFile(configPath);
  const state: CorednsState = {
    configPath,
    configMap,
    corefile: text ?? '',
    checkedAt: calls.now,
    servers: [],
    caches: [],
    udpSockets: {},
    listeners: {},
    connections: {},
    forwarded: {},
    forwardCount: 0,
    loops: {},
    serial: { version: -1, seconds: 0 },
    responses: {},
  };
  const loaded: Loaded =
    text === undefined
      ? {
          ok: false,
          error: `loading Caddyfile via flag: open ${configPath}: no such file or directory`,
        }
      : loadConfig(text, configPath, calls.readFile('/etc/resolv.conf') ?? '');
  if (!loaded.ok) {
    calls.print(`${loaded.error}\n`);
    calls.exit(1);
    return state;
  }
  state.servers = loaded.servers;
  state.caches = loaded.servers.map(() => ({ entries: {} }));
  openSockets(state, calls);
  announce(state, calls);
  probeForLoop(state, store, calls);
  return state;
}

function hearDatagram(
  state: CorednsState,
  event: Extract<ProgramEvent, { type: 'datagram' }>,
  store: Store,
  calls: SystemCalls,
): void {
  if (event.payload.kind !== 'dns') return;
  const { message } = event.payload;
  if (message.isResponse) {
    hearUpstream(state, event.socket, message, calls);
    return;
  }
  const port = state.udpSockets[event.socket];
  if (port === undefined) return;
  reloadIfChanged(state, calls);
  const local = { address: calls.localAddress(event.socket)?.address ?? '', port };
  const server = serverFor(state, message.question.name, local, calls) ?? -1;
  const origin: Origin = { via: 'udp', socket: event.socket, from: event.from };
  handleQuery(state, { server, query: message, origin }, store, calls);
}

function hearStream(
  state: CorednsState,
  event: Extract<ProgramEvent, { type: 'data' | 'ended' }>,
  store: Store,
  calls: SystemCalls,
): void {
  const query = state.forwarded[event.socket];
  if (query) {
    if (event.type === 'ended') loseUpstream(state, event.socket, 'ECONNRESET', calls);
    else if (event.payload.kind === 'dns')
      hearUpstream(state, event.socket, event.payload.message, calls);
    return;
  }
  const role = state.connections[event.socket];
  if (event.type === 'ended') delete state.connections[event.socket];
  if (role === undefined) return;
  if (role !== 'dns') {
    reloadIfChanged(state, calls);
    serveHttp(event, calls, ({ request }) => answerHttp(state, role, request.target));
    return;
  }
  if (event.type === 'ended') {
    calls.close(event.socket);
    return;
  }
  if (event.payload.kind !== 'dns') return;
  reloadIfChanged(state, calls);
  const { message } = event.payload;
  const local = calls.localAddress(event.socket) ?? { address: '', port: 53 };
  const server = serverFor(state, message.question.name, local, calls) ?? -1;
  const origin: Origin = { via: 'tcp', socket: event.socket };
  handleQuery(state, { server, query: message, origin }, store, calls);
}

const LAMEDUCK_TIMER = 'lameduck';

/** The health plug-in lets those who do not know yet that the pod goes still get answers. */
function shutDown(state: CorednsState, signal: string, calls: SystemCalls): void {
  calls.print(`[INFO] ${signal}: Shutting down servers then terminating\n`);
  const seconds = Math.max(0, ...state.servers.map(({ lameduck }) => lameduck));
  if (seconds === 0) {
    calls.exit(0);
    return;
  }
  calls.print(`[INFO] plugin/health: Going into lameduck mode for ${seconds}s\n`);
  calls.setTimer(LAMEDUCK_TIMER, seconds * SECOND);
}

/**
 * CoreDNS: the plug-ins of the upstream add-on (errors, health, ready, kubernetes, prometheus, forward, cache, loop,
 * reload, loadbalance), and bind, log, rewrite, hosts. Other plug-ins are accepted and passed over.
 */
export const createCoredns = (store: Store) => createServer('coredns', 'coredns', store);

/** The program of NodeLocal DNSCache: CoreDNS with another name (kubernetes/dns cmd/node-cache). */
export const createNodeCache = (store: Store) =>
  createServer('node-cache', 'node-local-dns', store);

function createServer(name: string, configMap: string, store: Store): Program<CorednsState> {
  return {
    name,
    start: (args, calls) => startServer(configMap, args, store, calls),
    handle(state, event, calls) {
      switch (event.type) {
        case 'datagram':
          hearDatagram(state, event, store, calls);
          return;
        case 'accepted': {
          const role = state.listeners[event.listener];
          if (role !== undefined) state.connections[event.socket] = role;
          return;
        }
        case 'data':
        case 'ended':
          hearStream(state, event, store, calls);
          return;
        case 'failed':
          delete state.connections[event.socket];
          loseUpstream(state, event.socket, event.error, calls);
          return;
        case 'timer': {
          if (event.name === LAMEDUCK_TIMER) calls.exit(0);
          const socket = socketOfTimer(event.name);
          if (socket !== undefined) loseUpstream(state, socket, 'ETIMEDOUT', calls);
          return;
        }
        case 'signal':
          shutDown(state, event.signal, calls);
          return;
        case 'connected': {
          const query = state.forwarded[event.socket];
          if (query) sendToUpstream(query, event.socket, calls);
          return;
        }
        case 'redirected':
        case 'captured':
        case 'connection-waiting':
        case 'echo-reply':
          return;
      }
    },
  };
}
