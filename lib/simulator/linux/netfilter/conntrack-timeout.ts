import { SECOND, type Micros } from '../../base/clock.ts';
import type { ConntrackTcpState } from '../conntrack.ts';

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
  udp_timeout: 30,
  udp_timeout_stream: 120,
  icmp_timeout: 30,
  generic_timeout: 600,
} as const;

export type ConntrackTimeout = keyof typeof DEFAULTS;

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

/** How long a connection lives without a packet: the namespace's sysctl `netfilter.nf_conntrack_<name>`, or the default. */
export function conntrackTimeout(
  sysctls: Readonly<Record<string, string>>,
  name: ConntrackTimeout,
): Micros {
  const set = Number(sysctls[`netfilter.nf_conntrack_${name}`]);
  return (Number.isInteger(set) && set > 0 ? set : DEFAULTS[name]) * SECOND;
}

export const tcpTimeout = (sysctls: Readonly<Record<string, string>>, state: ConntrackTcpState) =>
  conntrackTimeout(sysctls, TCP_TIMEOUTS[state]);
