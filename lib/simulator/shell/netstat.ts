import { networkOf, parseCidr } from '../base/cidr.ts';
import { formatIp, ipVersion } from '../base/ip.ts';
import { waitingFor } from '../linux/listener.ts';
import type { NetworkNamespace, Socket } from '../linux/network.ts';
import { routesOfTable } from '../linux/routes.ts';
import { isAnyAddress, payloadLength } from '../linux/sockets.ts';
import { portName } from '../workloads/client/port-names.ts';
import { finished, type CommandContext } from './command.ts';
import { inOrder } from './ip/link-text.ts';
import { onLinux } from './namespace-of-place.ts';

const LONG: Readonly<Record<string, string>> = {
  tcp: 't',
  udp: 'u',
  listening: 'l',
  all: 'a',
  numeric: 'n',
  programs: 'p',
  program: 'p',
  route: 'r',
  interfaces: 'i',
  wide: 'W',
};
/** `e`, `o`, `v` and `W` are taken, and change nothing here. */
const LETTERS = 'tulanpri46eovWxw';

/** netstat's names for the states that ss abbreviates. */
const STATES: Readonly<Record<string, string>> = {
  ESTAB: 'ESTABLISHED',
  'SYN-SENT': 'SYN_SENT',
  'SYN-RECV': 'SYN_RECV',
  'FIN-WAIT-1': 'FIN_WAIT1',
  'FIN-WAIT-2': 'FIN_WAIT2',
  'TIME-WAIT': 'TIME_WAIT',
  'CLOSE-WAIT': 'CLOSE_WAIT',
  'LAST-ACK': 'LAST_ACK',
};

const MAIN_TABLE = 254;

/** `0.0.0.0`, `255.255.255.0`. */
const maskOf = (prefix: number) =>
  formatIp({ version: 4, value: ((1n << 32n) - 1n) ^ ((1n << BigInt(32 - prefix)) - 1n) });

function routeLines4(namespace: NetworkNamespace): string[] {
  return routesOfTable(namespace, 4, MAIN_TABLE).map(({ destination, via, device, type }) => {
    const { prefix } = parseCidr(destination) ?? { prefix: 0 };
    const isRefused = type !== undefined && type !== 'local';
    const flags = `${isRefused ? '!' : 'U'}${via === undefined ? '' : 'G'}${prefix === 32 ? 'H' : ''}`;
    const network = (networkOf(destination) ?? destination).split('/')[0] ?? '';
    const gateway = isRefused ? '-' : (via ?? '0.0.0.0');
    return `${network.padEnd(15)} ${gateway.padEnd(15)} ${maskOf(prefix).padEnd(15)} ${flags.padEnd(7)} ${isRefused ? '-' : '  0'} 0          0 ${isRefused ? '-' : device}\n`;
  });
}

function routeTable(namespace: NetworkNamespace): string {
  return `Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
${routeLines4(namespace).join('')}`;
}

/** netstat -i. Simplified: devices count no packets. */
function interfaceTable(namespace: NetworkNamespace): string {
  const lines = inOrder(namespace)
    .filter(({ isUp }) => isUp)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, mtu, kind }) => {
      const flags = kind === 'loopback' ? 'LRU' : 'BMRU';
      const received = '       0      0      0 0     ';
      const sent = '       0      0      0      0';
      return `${name.padEnd(15)} ${String(mtu).padStart(5)} ${received} ${sent} ${flags}\n`;
    });
  return `Kernel Interface table
Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
${lines.join('')}`;
}

interface Asked {
  readonly letters: ReadonlySet<string>;
}

function isShown({ protocol, state, peer, local }: Socket, { letters }: Asked): boolean {
  if (protocol === 'icmp') return false;
  const isEvery = !letters.has('t') && !letters.has('u');
  if (!isEvery && !letters.has(protocol === 'udp' ? 'u' : 't')) return false;
  const version = ipVersion(local.address) === 6 ? '6' : '4';
  const other = version === '6' ? '4' : '6';
  if (letters.has(other) && !letters.has(version)) return false;
  const isServer = state === 'LISTEN' || (state === undefined && !peer);
  return letters.has('a') || (letters.has('l') ? isServer : !isServer);
}

function line(
  socket: Socket,
  { letters }: Asked,
  namespace: NetworkNamespace,
  { cluster }: CommandContext,
): string {
  const { protocol, local, peer, state } = socket;
  const isV6 = ipVersion(local.address) === 6;
  const base = protocol === 'udp' ? 'udp' : 'tcp';
  const port = (number: number | undefined) => {
    if (number === undefined || number === 0) return '*';
    return letters.has('n') ? String(number) : (portName(number, base) ?? String(number));
  };
  const host = (address: string) =>
    !letters.has('n') && (address === '127.0.0.1' || address === '::1')
      ? isV6 && address === '::1'
        ? 'ip6-localhost'
        : 'localhost'
      : address;
  const any = isV6 ? '::' : '0.0.0.0';
  const from = `${isAnyAddress(local.address) ? any : host(local.address)}:${port(local.port)}`;
  const to = `${host(peer?.address ?? any)}:${port(peer?.port)}`;
  const unread = (socket.unread ?? []).reduce((sum, payload) => sum + payloadLength(payload), 0);
  const received = state === 'LISTEN' ? waitingFor(namespace, socket).length : unread;
  const said = state === undefined ? (peer ? 'ESTABLISHED' : '') : (STATES[state] ?? state);
  const process = cluster.network.processes[socket.pid];
  const isAlive = process && process.exitCode === undefined && !socket.isOrphan;
  const program = letters.has('p')
    ? (isAlive ? `${process.pid}/${process.program}` : '-').padEnd(20)
    : '';
  return `${(isV6 ? `${protocol}6` : protocol).padEnd(5)} ${String(received).padStart(6)} ${'0'.padStart(6)} ${from.padEnd(23)} ${to.padEnd(23)} ${said.padEnd(11)}${letters.has('p') ? ` ${program}` : ''}\n`;
}

function socketTable(asked: Asked, namespace: NetworkNamespace, context: CommandContext): string {
  const { letters } = asked;
  const which = letters.has('a')
    ? 'servers and established'
    : letters.has('l')
      ? 'only servers'
      : 'w/o servers';
  const rows = Object.values(namespace.sockets)
    .filter((socket) => isShown(socket, asked))
    .sort((a, b) => (a.protocol === b.protocol ? a.id - b.id : a.protocol === 'udp' ? 1 : -1))
    .map((socket) => line(socket, asked, namespace, context));
  const process = letters.has('p') ? ' PID/Program name    ' : '';
  return `Active Internet connections (${which})
Proto Recv-Q Send-Q Local Address           Foreign Address         State      ${process}
${rows.join('')}`;
}

/**
 * netstat(8) of net-tools 2.10: sockets, `-r` and `-i`. Simplified: no unix sockets (their table is left out), `-r` and
 * `-rn` alike show numbers, IPv4 routes alone, no statistics.
 */
export const netstat = onLinux((args, { namespace }, context) => {
  const letters = new Set<string>();
  for (const arg of args) {
    const long = arg.startsWith('--') ? LONG[arg.slice(2)] : undefined;
    if (!arg.startsWith('-') || (arg.startsWith('--') && long === undefined))
      return finished('', 4, `netstat: unrecognized option '${arg}'\n`);
    for (const letter of long ?? arg.slice(1)) {
      if (!LETTERS.includes(letter))
        return finished('', 4, `netstat: invalid option -- '${letter}'\n`);
      letters.add(letter);
    }
  }
  if (letters.has('r')) return finished(routeTable(namespace));
  if (letters.has('i')) return finished(interfaceTable(namespace));
  return finished(socketTable({ letters }, namespace, context));
});
