import type { Flow } from '../base/flow.ts';
import type { TrackedConnection } from './connections.ts';
import {
  addressText,
  AF_NETLINK,
  bindRaw,
  closeSocket,
  openSocket,
  receive,
  setOption,
  SOCK_RAW,
} from './kernel-calls.ts';

const NETLINK_NETFILTER = 12;
/** Multicast group NFNLGRP_CONNTRACK_NEW as a bit of sockaddr_nl. */
const GROUP_NEW = 1;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const BUFFER_SIZE = 8 * 1024 * 1024;
const MESSAGE_HEADER = 16;
const NETFILTER_HEADER = 4;
/** NFNL_SUBSYS_CTNETLINK and IPCTNL_MSG_CT_NEW. */
const NEW_CONNECTION = (1 << 8) | 0;
const TYPE_MASK = 0x3fff;
/** enum ctattr_type, ctattr_tuple, ctattr_ip, ctattr_l4proto. */
const TUPLE_ORIGINAL = 1;
const TUPLE_REPLY = 2;
const TUPLE_IP = 1;
const TUPLE_PROTO = 2;
const PROTO_NUMBER = 1;
const PROTO_SOURCE_PORT = 2;
const PROTO_DESTINATION_PORT = 3;
const PROTO_ICMP_ID = 4;
const PROTO_ICMPV6_ID = 7;
const PROTOCOLS: Readonly<Record<number, Flow['protocol']>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
};

/** The attributes of a netlink message, by type. */
function attributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    found.set(bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

function readTuple(bytes: Buffer | undefined): Flow | undefined {
  if (!bytes) return undefined;
  const parts = attributes(bytes);
  const ip = attributes(parts.get(TUPLE_IP) ?? Buffer.alloc(0));
  const proto = attributes(parts.get(TUPLE_PROTO) ?? Buffer.alloc(0));
  const protocol = PROTOCOLS[proto.get(PROTO_NUMBER)?.[0] ?? 0];
  // 1 and 2 are the IPv4 addresses, 3 and 4 the IPv6 ones.
  const [source, destination] = [ip.get(1) ?? ip.get(3), ip.get(2) ?? ip.get(4)];
  if (!protocol || !source || !destination) return undefined;
  const identifier = proto.get(PROTO_ICMP_ID) ?? proto.get(PROTO_ICMPV6_ID);
  const port = (type: number) => (proto.get(type) ?? identifier)?.readUInt16BE(0) ?? 0;
  return {
    protocol,
    source: { address: addressText(source), port: port(PROTO_SOURCE_PORT) },
    destination: { address: addressText(destination), port: port(PROTO_DESTINATION_PORT) },
  };
}

function readMessages(bytes: Buffer, namespace: string): TrackedConnection[] {
  const found: TrackedConnection[] = [];
  for (let at = 0; at + MESSAGE_HEADER <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length < MESSAGE_HEADER) break;
    if (bytes.readUInt16LE(at + 4) === NEW_CONNECTION) {
      const start = at + MESSAGE_HEADER + NETFILTER_HEADER;
      const parts = attributes(bytes.subarray(start, at + length));
      const original = readTuple(parts.get(TUPLE_ORIGINAL));
      const reply = readTuple(parts.get(TUPLE_REPLY));
      if (original && reply) found.push({ namespace, original, reply });
    }
    at += (length + 3) & ~3;
  }
  return found;
}

/**
 * New connections of the network namespace that this thread is in, as `conntrack -E -e NEW` prints them. They are kept
 * from the moment of this call, whether or not the connection still exists when somebody looks.
 */
export class ConntrackEvents {
  private readonly fd: number;

  constructor(private readonly namespace: string) {
    this.fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
    setOption(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(GROUP_NEW, 8);
    bindRaw(this.fd, address);
  }

  /** What has come since the last call. */
  take(): TrackedConnection[] {
    const found: TrackedConnection[] = [];
    for (;;) {
      const bytes = receive(this.fd, 65_536);
      if (typeof bytes === 'number') return found;
      found.push(...readMessages(bytes, this.namespace));
    }
  }

  close(): void {
    closeSocket(this.fd);
  }
}
