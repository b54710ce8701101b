import { SECOND, type Micros } from '../../base/clock.ts';
import type { ConntrackSctpState, ConntrackTcpState } from '../conntrack.ts';

/** Seconds, by the last part of the sysctl net.netfilter.nf_conntrack_*_timeout_*: the kernel's defaults. */
const DEFAULTS = {
  tcp_timeout_syn_sent: 120,
  tcp_timeout_syn_recv: 60,
  tcp_timeout_established: 432_000,
  tcp_timeout_fin_wait: 120,
  tcp_timeout_close_wait: 60,
  tcp_timeout_last_ack: 30,
  tcp_timeout_time_wait: 120,
  tcp_timeout_close: 10,
  sctp_timeout_closed: 10,
  sctp_timeout_cookie_wait: 3,
  sctp_timeout_cookie_echoed: 3,
  sctp_timeout_established: 210,
  sctp_timeout_shutdown_sent: 3,
  sctp_timeout_shutdown_recd: 3,
  sctp_timeout_shutdown_ack_sent: 3,
  sctp_timeout_heartbeat_sent: 30,
  udp_timeout: 30,
  udp_timeout_stream: 120,
  icmp_timeout: 30,
  generic_timeout: 600,
} as const;

export type ConntrackTimeout = keyof typeof DEFAULTS;

/** Asked for every packet: the names are put together once. */
const SYSCTLS = Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [name, `netfilter.nf_conntrack_${name}`]),
) as Readonly<Record<ConntrackTimeout, string>>;

const TCP_TIMEOUTS: Readonly<Record<ConntrackTcpState, ConntrackTimeout>> = {
  SYN_SENT: 'tcp_timeout_syn_sent',
  SYN_SENT2: 'tcp_timeout_syn_sent',
  SYN_RECV: 'tcp_timeout_syn_recv',
  ESTABLISHED: 'tcp_timeout_established',
  FIN_WAIT: 'tcp_timeout_fin_wait',
  CLOSE_WAIT: 'tcp_timeout_close_wait',
  LAST_ACK: 'tcp_timeout_last_ack',
  TIME_WAIT: 'tcp_timeout_time_wait',
  CLOSE: 'tcp_timeout_close',
};

const SCTP_TIMEOUTS: Readonly<Record<ConntrackSctpState, ConntrackTimeout>> = {
  CLOSED: 'sctp_timeout_closed',
  COOKIE_WAIT: 'sctp_timeout_cookie_wait',
  COOKIE_ECHOED: 'sctp_timeout_cookie_echoed',
  ESTABLISHED: 'sctp_timeout_established',
  SHUTDOWN_SENT: 'sctp_timeout_shutdown_sent',
  SHUTDOWN_RECD: 'sctp_timeout_shutdown_recd',
  SHUTDOWN_ACK_SENT: 'sctp_timeout_shutdown_ack_sent',
  HEARTBEAT_SENT: 'sctp_timeout_heartbeat_sent',
};

/** How long a connection lives without a packet: the namespace's sysctl `netfilter.nf_conntrack_<name>`, or the default. */
export function conntrackTimeout(
  sysctls: Readonly<Record<string, string>>,
  name: ConntrackTimeout,
): Micros {
  const written = sysctls[SYSCTLS[name]];
  if (written === undefined) return DEFAULTS[name] * SECOND;
  const set = Number(written);
  return (Number.isInteger(set) && set > 0 ? set : DEFAULTS[name]) * SECOND;
}

export const tcpTimeout = (sysctls: Readonly<Record<string, string>>, state: ConntrackTcpState) =>
  conntrackTimeout(sysctls, TCP_TIMEOUTS[state]);

export const sctpTimeout = (sysctls: Readonly<Record<string, string>>, state: ConntrackSctpState) =>
  conntrackTimeout(sysctls, SCTP_TIMEOUTS[state]);
