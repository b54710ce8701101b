import type { Micros } from '../base/clock.ts';
import type { ObjectRef } from '../base/object-ref.ts';
import type { Protocol, SocketAddress } from '../base/flow.ts';
import type { Frame, IpPacket, TcpFlags } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { ConntrackTable } from './conntrack.ts';
import type { Ipset } from './netfilter/ipset/ipset.ts';
import type { NftRuleset } from './netfilter/nft/model.ts';
import type { Ruleset } from './netfilter/rule.ts';
import type { ProgramEvent, SocketId } from './program.ts';
import type { RedirectedHost, RedirectedRoute } from './redirected.ts';
import type { SctpAssociation } from './sctp-association.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import type { Traffic } from './traffic.ts';

/** Every machine and wire of the simulation: plain data, saved and restored as it is. Knows nothing of Kubernetes. */
export interface Network {
  readonly machines: Record<string, Machine>;
  /** By id; a machine's own namespace has the machine's name as id. */
  readonly namespaces: Record<string, NetworkNamespace>;
  readonly processes: Record<number, Process>;
  nextPid: number;
  nextSocket: number;
}

/** A computer: node, router, laptop. Its processes and further namespaces refer to it by name. */
export interface Machine {
  readonly name: string;
  /** Files of the root file system that something reads: /etc/resolv.conf, /etc/hosts. */
  readonly files: Record<string, string>;
  readonly sysctls: Record<string, string>;
  readonly isUp: boolean;
}

export interface NetworkNamespace {
  readonly id: string;
  readonly machine: string;
  /** The name people know (a pod's `namespace/name`); absent for the machine's own. */
  readonly label?: string;
  readonly because?: ObjectRef;
  /** No packet has met a rule here: programs have put off writing them until one does (NetworkEnvironment.wake). */
  isDormant?: true;
  /** Per-namespace sysctls, by their /proc/sys/net path: `ipv4.ip_forward`. */
  readonly sysctls: Record<string, string>;
  readonly links: Record<string, Link>;
  nextLinkIndex: number;
  readonly routes: Route[];
  /** What routers said of the way to an address (RFC 1191). */
  pathMtus?: Record<string, { readonly mtu: number; readonly expiresAt: Micros }>;
  /** What routers said of a better way, by destination; and whom this one has told so. See redirects.ts. */
  redirectedRoutes?: Record<string, RedirectedRoute>;
  redirectedHosts?: Record<string, RedirectedHost>;
  /** Packets of which not all pieces have come. */
  fragments?: FragmentQueue[];
  /** Identification of the last packet that was cut here. */
  nextFragment?: number;
  /** Policy routing, by priority. */
  readonly rules: PolicyRule[];
  readonly neighbours: Neighbour[];
  /** What iptables wrote. */
  readonly ruleset: Ruleset;
  /** What ip6tables wrote. */
  readonly ruleset6: Ruleset;
  readonly nftables: NftRuleset;
  /** By name. */
  readonly ipsets: Record<string, Ipset>;
  readonly conntrack: ConntrackTable;
  readonly sockets: Record<SocketId, Socket>;
  /** Next ephemeral port to try, within 32768 to 60999. */
  nextEphemeralPort: number;
  /** Frames that wait for a neighbour's answer. */
  readonly pending: PendingPacket[];
  /** Packet sockets, while there are any. */
  captures?: Capture[];
}

export interface InterfaceAddress {
  readonly address: string;
  readonly prefix: number;
}

interface LinkBase {
  readonly name: string;
  readonly index: number;
  mac: string;
  mtu: number;
  isUp: boolean;
  readonly addresses: InterfaceAddress[];
  readonly traffic: Traffic;
  /** Name of the bridge it is a port of. */
  master?: string;
  /** Bridge port with hairpin mode: a frame may leave where it came from. */
  hairpin?: boolean;
  /** `ip link set NAME promisc on`: a flag that tools show; every frame of a bridge reaches it anyway. */
  promiscuous?: true;
}

export type Link =
  | (LinkBase & { readonly kind: 'loopback' })
  /** Holds addresses and leads nowhere: what is sent out of it is gone. `queueLength`: txqueuelen, which only tools show. */
  | (LinkBase & { readonly kind: 'dummy'; readonly queueLength: number })
  | (LinkBase & {
      readonly kind: 'veth';
      readonly peer: { readonly namespace: string; readonly link: string };
    })
  | (LinkBase & {
      readonly kind: 'bridge';
      /** Somebody has given it its MAC (NET_ADDR_SET): it does not take one of its ports. */
      hasOwnMac?: true;
      readonly fdb: Record<string, { port: string; at: Micros }>;
    })
  | (LinkBase & {
      readonly kind: 'vxlan';
      /** VNI, 24 bits. */
      readonly vni: number;
      /** Address of the outer packets' source; absent: what routing prefers. */
      readonly local?: string;
      /** The device that outer packets leave by (`dev eth0`). */
      readonly underlay?: string;
      /** The network between speaks IPv6: it was made with an IPv6 end (VXLAN_F_IPV6). Absent: IPv4. */
      readonly outerVersion?: 6;
      /** UDP port of the tunnel end points. */
      readonly port: number;
      readonly learning: 'on' | 'off';
      readonly fdb: VxlanFdbEntry[];
    });

/** Where a VXLAN device sends frames for a MAC (`bridge fdb`); all zeros: for every MAC without an entry of its own. */
export interface VxlanFdbEntry {
  readonly mac: string;
  /** Address of the remote tunnel end point. */
  remote: string;
  /** Device that leads to it, where the entry came with the tunnel itself. */
  readonly via?: string;
  /** `learned` ones age. */
  readonly state: 'permanent' | 'learned';
  at: Micros;
}

export interface Route {
  /** Canonical prefix; `0.0.0.0/0` is the default route. */
  readonly destination: string;
  readonly via?: string;
  readonly device: string;
  /** Preferred source address. */
  readonly source?: string;
  readonly metric?: number;
  readonly protocol?: 'kernel' | 'boot' | 'static' | 'bird';
  readonly scope?: 'link' | 'host' | 'global';
  /** Number of the routing table; absent: 254, `main`. */
  readonly table?: number;
  /** What is no way at all, or an own address; absent: unicast. `device` is empty for all of them but `local`. */
  readonly type?: 'local' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';
  /** The next hop counts as reachable on the device though no route says so. */
  readonly onlink?: true;
  readonly because?: ObjectRef;
}

/** A rule of policy routing (ip-rule(8)): which table is asked for which packets. Lower priorities come first. */
export interface PolicyRule {
  readonly version: 4 | 6;
  readonly priority: number;
  /** Prefixes of source and destination; absent: all. */
  readonly from?: string;
  readonly to?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  /** Device that the packet came in by; `lo` stands for the machine's own packets. */
  readonly inDevice?: string;
  /** Device that a socket is bound to. */
  readonly outDevice?: string;
  readonly not?: true;
  readonly action:
    | {
        readonly type: 'lookup';
        readonly table: number;
        /** suppress_prefixlength: routes with a prefix no longer than this do not count. */
        readonly suppressPrefix?: number;
      }
    | { readonly type: 'blackhole' | 'unreachable' | 'prohibit' };
  readonly because?: ObjectRef;
}

export interface Neighbour {
  readonly address: string;
  readonly device: string;
  mac: string | undefined;
  state: 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'PERMANENT' | 'INCOMPLETE' | 'FAILED';
  at: Micros;
}

export interface PendingPacket {
  readonly skb: SocketBuffer;
  readonly device: string;
  readonly nextHop: string;
  /** Netfilter gave a bridged packet a new destination behind the same bridge: it goes on as a frame from this port. */
  readonly bridged?: { readonly port: string; readonly source: string };
}

/** A packet socket (packet(7)): its process sees every frame that a device takes in or puts out. */
export interface Capture {
  readonly socket: SocketId;
  readonly pid: number;
  /** The name of a device, or ANY_DEVICE. */
  readonly device: string;
}

/** Pieces of one packet that have come in so far. Plain data, in a namespace's state. */
export interface FragmentQueue {
  readonly key: string;
  readonly since: number;
  readonly pieces: { readonly offset: number; readonly bytes: number; readonly hasMore: boolean }[];
  /** The longest piece: the packet is cut again no longer than that (frag_max_size). */
  longest: number;
  readonly tag?: TraceTag;
}

export type TcpState =
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECV'
  | 'ESTAB'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSING'
  | 'CLOSE-WAIT'
  | 'LAST-ACK'
  | 'TIME-WAIT';

export interface Socket {
  readonly id: SocketId;
  readonly protocol: Extract<Protocol, 'tcp' | 'udp' | 'sctp' | 'icmp'>;
  readonly pid: number;
  /** `0.0.0.0` when bound to any, `::` when bound to any of both families. */
  local: SocketAddress;
  /** IPV6_V6ONLY: bound to `::`, and yet not there for IPv4. */
  readonly isIpv6Only?: true;
  peer?: SocketAddress;
  /** The zone of a link-local peer: packets leave by this device. */
  readonly device?: string;
  state?: TcpState;
  /** Listener that a connection came from. */
  readonly listener?: SocketId;
  /** Of a listener: how many connections may wait, and whether they do; see listener.ts. */
  readonly backlog?: number;
  readonly acceptsWhenAsked?: true;
  readonly reusePort?: true;
  /** An established connection that nobody has accepted yet, and what has come on it meanwhile. */
  isQueued?: true;
  unread?: Payload[];
  /** Next sequence number to send. */
  sendSequence: number;
  /** Next sequence number expected. */
  receiveSequence: number;
  /** Sent and not acknowledged yet: the SYN, data, the FIN. */
  readonly unacknowledged: SentSegment[];
  /** How often the oldest of them was sent again, and which timer counts: an older one that fires is ignored. */
  retransmit: { count: number; token: number };
  /** What the other side can take in one segment (the MSS option of its SYN). */
  peerMaximumSegment?: number;
  /** IP_TTL, when the process has set it. */
  readonly ttl?: number;
  /** Learned from ICMP fragmentation needed (RFC 1191). */
  pathMtu?: number;
  /** Of an SCTP socket that is no listener. */
  association?: SctpAssociation;
  /** Data that waits for the handshake. */
  readonly sendQueue: Payload[];
  /** The process ended or closed: nobody reads what arrives. */
  isOrphan?: true;
  /** The trace of whoever caused this connection. */
  tag?: TraceTag;
}

export interface SentSegment {
  readonly sequence: number;
  /** Sequence numbers it takes: bytes, and one for SYN or FIN. */
  readonly length: number;
  readonly flags: TcpFlags;
  readonly payload?: Payload | undefined;
}

export interface Process {
  readonly pid: number;
  readonly program: string;
  readonly namespace: string;
  readonly hostname: string;
  /** The process's view of files; falls back to the machine's. */
  readonly files: Record<string, string>;
  readonly environment: Record<string, string>;
  /** Whose it is; absent: root's. */
  readonly uid?: number;
  /** Owner, for people: a container. Opaque here. */
  readonly because?: ObjectRef;
  state: unknown;
  /** Name → the token of the timer that counts. */
  readonly timers: Record<string, number>;
  nextTimer: number;
  output: string;
  exitCode?: number;
  tag?: TraceTag;
}

/** What the network puts on the queue for itself (target NETWORK_TARGET). */
export type NetworkEvent =
  | {
      readonly type: 'arrive';
      readonly namespace: string;
      readonly link: string;
      readonly frame: Frame;
      readonly tag?: TraceTag | undefined;
    }
  | {
      readonly type: 'loopback';
      readonly namespace: string;
      readonly packet: IpPacket;
      readonly connectionState?: 'UNTRACKED';
      readonly tag?: TraceTag;
    }
  | {
      readonly type: 'neighbour-timeout';
      readonly namespace: string;
      readonly device: string;
      readonly address: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'fragment-timeout';
      readonly namespace: string;
      readonly key: string;
      readonly since: Micros;
      /** The piece that came first. */
      readonly packet: IpPacket;
      readonly tag?: TraceTag;
    }
  | {
      readonly type: 'retransmit';
      readonly namespace: string;
      readonly socket: SocketId;
      readonly token: number;
    }
  | {
      readonly type: 'timer';
      readonly pid: number;
      readonly name: string;
      readonly token: number;
      readonly tag?: TraceTag;
    }
  /** A process hears of something: always by the queue, so that no call of a program runs inside another. */
  | {
      readonly type: 'notify';
      readonly pid: number;
      readonly event: ProgramEvent;
      readonly tag?: TraceTag | undefined;
    }
  | {
      readonly type: 'start';
      readonly pid: number;
      readonly args: readonly string[];
      readonly tag?: TraceTag;
    };
