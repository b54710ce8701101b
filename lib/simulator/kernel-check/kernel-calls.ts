import koffi from 'koffi';
import { formatIp, parseIp } from '../base/ip.ts';

/** A call that the kernel refused: `errno` is its number. */
export class KernelCallError extends Error {
  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    super(`${call}: errno ${errno}`);
  }
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const POLLIN = 0x001;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;

/** Numbers of asm-generic/errno.h that a probe can meet. */
export const ERRNO = {
  EPERM: 1,
  EAGAIN: 11,
  EACCES: 13,
  EINVAL: 22,
  ENETUNREACH: 101,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EINPROGRESS: 115,
  EADDRNOTAVAIL: 99,
} as const;

const CLONE_NEWNET = 0x40000000;
const NONBLOCK_AND_CLOEXEC = 0o4000 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MSG_ERRQUEUE = 0x2000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const IPV6_LEVEL = 41;

const libc = koffi.load('libc.so.6');

koffi.struct('iovec', { base: 'void *', length: 'size_t' });
koffi.struct('msghdr', {
  name: 'void *',
  nameLength: 'uint32_t',
  vectors: 'iovec *',
  vectorCount: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});

type Call = (...args: readonly unknown[]) => number;
const call = (prototype: string) => libc.func(prototype) as unknown as Call;

const calls = {
  unshare: call('int unshare(int flags)'),
  setns: call('int setns(int fd, int type)'),
  socket: call('int socket(int domain, int type, int protocol)'),
  bind: call('int bind(int fd, const uint8_t *address, uint32_t length)'),
  connect: call('int connect(int fd, const uint8_t *address, uint32_t length)'),
  listen: call('int listen(int fd, int backlog)'),
  accept4: call('int accept4(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length, int flags)'),
  setsockopt: call(
    'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
  ),
  getsockopt: call(
    'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
  ),
  send: call('long send(int fd, const uint8_t *data, size_t length, int flags)'),
  recv: call('long recv(int fd, _Out_ uint8_t *data, size_t length, int flags)'),
  sendto: call(
    'long sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t addressLength)',
  ),
  recvfrom: call(
    'long recvfrom(int fd, _Out_ uint8_t *data, size_t length, int flags, _Out_ uint8_t *address, _Inout_ uint32_t *addressLength)',
  ),
  recvmsg: call('long recvmsg(int fd, _Inout_ msghdr *message, int flags)'),
  poll: call('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)'),
  close: call('int close(int fd)'),
};

/** The number that the call gave, or minus the errno. */
function ask(name: keyof typeof calls, ...args: readonly unknown[]): number {
  const result = calls[name](...args);
  return result < 0 ? -koffi.errno() : result;
}

function must(name: keyof typeof calls, ...args: readonly unknown[]): number {
  const result = ask(name, ...args);
  if (result < 0) throw new KernelCallError(name, -result);
  return result;
}

/** Puts this thread into a fresh network namespace. */
export const unshareNetwork = () => must('unshare', CLONE_NEWNET);
export const enterNetwork = (fd: number) => must('setns', fd, CLONE_NEWNET);

/** An address of a socket, by family. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The 4 or 16 bytes of an address. */
export function addressBytes(address: string): Buffer {
  const { version = 4, value = 0n } = parseIp(address) ?? {};
  const digits = version === 6 ? 32 : 8;
  return Buffer.from(value.toString(16).padStart(digits, '0'), 'hex');
}

export const addressText = (bytes: Buffer): string =>
  formatIp({
    version: bytes.length === 16 ? 6 : 4,
    value: BigInt(`0x${bytes.toString('hex')}`),
  });

/** struct sockaddr_in or sockaddr_in6. */
export function encodeEndpoint({ address, port }: Endpoint): Buffer {
  const isV6 = address.includes(':');
  const bytes = Buffer.alloc(isV6 ? 28 : 16);
  bytes.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  addressBytes(address).copy(bytes, isV6 ? 8 : 4);
  return bytes;
}

/** ::ffff:0:0/96: how a socket of both families sees an IPv4 peer. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

const plainAddress = (bytes: Buffer) =>
  addressText(bytes.subarray(0, 12).equals(MAPPED) ? bytes.subarray(12) : bytes);

export function decodeEndpoint(bytes: Buffer): Endpoint {
  const port = bytes.readUInt16BE(2);
  return bytes.readUInt16LE(0) === AF_INET6
    ? { address: plainAddress(bytes.subarray(8, 24)), port }
    : { address: addressText(bytes.subarray(4, 8)), port };
}

export const openSocket = (family: number, type: number, protocol = 0) =>
  must('socket', family, type | NONBLOCK_AND_CLOEXEC, protocol);
export const bindSocket = (fd: number, to: Endpoint) => {
  const bytes = encodeEndpoint(to);
  must('bind', fd, bytes, bytes.length);
};
export const bindRaw = (fd: number, address: Buffer) => must('bind', fd, address, address.length);
export const listenOn = (fd: number) => must('listen', fd, 64);
export const closeSocket = (fd: number) => ask('close', fd);

/** 0, or minus the errno: -EINPROGRESS while it is being tried. */
export function connectTo(fd: number, to: Endpoint): number {
  const bytes = encodeEndpoint(to);
  return ask('connect', fd, bytes, bytes.length);
}

/** A connection that was accepted, or undefined when none waits. */
export function acceptFrom(fd: number): { fd: number; from: Endpoint } | undefined {
  const address = Buffer.alloc(28);
  const accepted = ask('accept4', fd, address, [address.length], NONBLOCK_AND_CLOEXEC);
  return accepted < 0 ? undefined : { fd: accepted, from: decodeEndpoint(address) };
}

export function setOption(fd: number, level: number, name: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  must('setsockopt', fd, level, name, bytes, 4);
}

export function errorOf(fd: number): number {
  const value = Buffer.alloc(4);
  must('getsockopt', fd, SOL_SOCKET, SO_ERROR, value, [4]);
  return value.readInt32LE();
}

/** Bytes sent, or minus the errno. */
export const sendBytes = (fd: number, data: Buffer) =>
  ask('send', fd, data, data.length, MSG_NOSIGNAL);

/** Bytes sent, or minus the errno. `to`: an endpoint, or the address that `receiveFrom` gave. */
export function sendBytesTo(fd: number, data: Buffer, to: Endpoint | Buffer): number {
  const address = Buffer.isBuffer(to) ? to : encodeEndpoint(to);
  return ask('sendto', fd, data, data.length, MSG_NOSIGNAL, address, address.length);
}

/** What has come in, or minus the errno. */
export function receive(fd: number, size = 2048): Buffer | number {
  const data = Buffer.alloc(size);
  const length = ask('recv', fd, data, size, 0);
  return length < 0 ? length : data.subarray(0, length);
}

/** A datagram with its sender, also as struct sockaddr; or minus the errno. */
export function receiveFrom(
  fd: number,
): { readonly data: Buffer; readonly from: Endpoint; readonly address: Buffer } | number {
  const data = Buffer.alloc(2048);
  const address = Buffer.alloc(28);
  const size = [address.length];
  const length = ask('recvfrom', fd, data, data.length, 0, address, size);
  if (length < 0) return length;
  return {
    data: data.subarray(0, length),
    from: decodeEndpoint(address),
    address: address.subarray(0, size[0]),
  };
}

/** An ICMP error that a socket heard of (struct sock_extended_err), with who sent it. */
export interface IcmpReport {
  readonly type: number;
  readonly code: number;
  readonly from: string;
}

const IP_RECVERR = 11;
const IPV6_RECVERR = 25;

/** From now on ICMP errors are kept for `takeIcmpReport`. */
export function keepIcmpReports(fd: number, family: number): void {
  if (family === AF_INET6) setOption(fd, IPV6_LEVEL, IPV6_RECVERR, 1);
  else setOption(fd, 0, IP_RECVERR, 1);
}

/** cmsghdr (16 bytes), sock_extended_err (16 bytes), then the sockaddr of the offender. */
const CONTROL_HEADER = 16;
const EXTENDED_ERROR = 16;
const ORIGINS_ICMP = [2, 3];

/** The next ICMP error in the socket's error queue; undefined when it is empty or the error was made here. */
export function takeIcmpReport(fd: number): IcmpReport | undefined {
  const control = Buffer.alloc(256);
  const message = {
    name: Buffer.alloc(28),
    nameLength: 28,
    vectors: [{ base: Buffer.alloc(256), length: 256 }],
    vectorCount: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  if (ask('recvmsg', fd, message, MSG_ERRQUEUE) < 0) return undefined;
  const error = control.subarray(CONTROL_HEADER, CONTROL_HEADER + EXTENDED_ERROR);
  if (!ORIGINS_ICMP.includes(error.readUInt8(4))) return undefined;
  const offender = control.subarray(CONTROL_HEADER + EXTENDED_ERROR);
  return {
    type: error.readUInt8(5),
    code: error.readUInt8(6),
    from: decodeEndpoint(offender).address,
  };
}

/** poll(2): which of the sockets have something to say, by their events; waits at most `timeout` ms. */
export function pollSockets(
  wanted: ReadonlyMap<number, number>,
  timeout: number,
): Map<number, number> {
  const bytes = Buffer.alloc(wanted.size * 8);
  let at = 0;
  for (const [fd, events] of wanted) {
    bytes.writeInt32LE(fd, at);
    bytes.writeInt16LE(events, at + 4);
    at += 8;
  }
  const seen = new Map<number, number>();
  if (ask('poll', bytes, wanted.size, Math.max(0, Math.round(timeout))) <= 0) return seen;
  for (let i = 0; i < bytes.length; i += 8) {
    const events = bytes.readInt16LE(i + 6);
    if (events !== 0) seen.set(bytes.readInt32LE(i), events);
  }
  return seen;
}
