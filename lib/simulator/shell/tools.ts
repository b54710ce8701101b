import { bridge } from './bridge.ts';
import { cat } from './cat.ts';
import type { Command } from './command.ts';
import { conntrack } from './conntrack.ts';
import { crictl } from './crictl.ts';
import { env } from './env.ts';
import { hostname } from './hostname.ts';
import { ip } from './ip/ip.ts';
import { ipset } from './ipset.ts';
import { ip6tables, iptables } from './iptables/iptables.ts';
import {
  ip6tablesRestore,
  ip6tablesSave,
  iptablesRestore,
  iptablesSave,
} from './iptables/iptables-save.ts';
import { ls } from './ls.ts';
import { lsns } from './lsns.ts';
import { netstat } from './netstat.ts';
import { nsenter } from './nsenter.ts';
import { ps } from './ps.ts';
import { nft } from './nft/nft.ts';
import { ss } from './ss.ts';
import { sysctl } from './sysctl.ts';

/** Commands of a Linux machine that are over at once: they look at the machine, and send nothing. */
export const TOOLS: Readonly<Record<string, Command>> = {
  bridge,
  cat,
  conntrack,
  crictl,
  env,
  printenv: env,
  hostname,
  ip,
  iptables,
  ipset,
  'iptables-save': iptablesSave,
  'iptables-restore': iptablesRestore,
  ip6tables,
  'ip6tables-save': ip6tablesSave,
  'ip6tables-restore': ip6tablesRestore,
  ls,
  lsns,
  netstat,
  nsenter,
  ps,
  nft,
  ss,
  sysctl,
};

/** Commands that start a process: it sends packets, and takes time. The name is the program's. */
export const NETWORK_PROGRAMS: readonly string[] = [
  'curl',
  'wget',
  'dig',
  'nslookup',
  'host',
  'getent',
  'ping',
  'nc',
  'ncat',
  'netcat',
  'tcpdump',
  'traceroute',
  'tracepath',
  'arping',
  'sleep',
  'agnhost',
  'nginx',
  'redis-cli',
  'pg_isready',
];
