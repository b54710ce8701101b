import type { Store } from '../apiserver/store.ts';
import type { Program } from '../linux/program.ts';
import { AGNHOST_CONNECT } from './client/agnhost-connect.ts';
import { PG_ISREADY } from './client/pg-isready.ts';
import { REDIS_CLI } from './client/redis-cli.ts';
import { CURL } from './client/curl/curl.ts';
import { DIG } from './client/dig.ts';
import { GETENT } from './client/getent.ts';
import { HOST } from './client/host.ts';
import { NC } from './client/nc.ts';
import { NCAT } from './client/ncat.ts';
import { NSLOOKUP } from './client/nslookup.ts';
import { PING } from './client/ping.ts';
import { ARPING } from './client/arping.ts';
import { TRACEPATH } from './client/tracepath.ts';
import { TRACEROUTE } from './client/traceroute/traceroute.ts';
import { TCPDUMP } from './client/tcpdump/tcpdump.ts';
import { WGET } from './client/wget.ts';
import { createCoredns, createNodeCache } from './coredns/coredns.ts';
import { createCommand, createSh } from './process/sh.ts';
import { PAUSE, SLEEP, TAIL } from './process/sleep.ts';
import { createAgnhost } from './server/agnhost.ts';
import { DNSMASQ } from './server/dns-server.ts';
import { HTTP_ECHO } from './server/http-echo.ts';
import { KUBE_ROUTER } from './server/kube-router.ts';
import { NGINX } from './server/nginx.ts';
import { BUSYBOX_HTTPD } from './server/busybox-httpd.ts';
import { HTTPD } from './server/httpd.ts';
import { REDIS } from './server/redis.ts';
import { CRASH, HELLO_APP, SLOW_START, WHOAMI } from './server/sample-apps.ts';
import { MEMCACHED, MONGO, MYSQL, POSTGRES } from './server/tcp-server.ts';

/** Programs that look at nothing but the network. */
const PROGRAMS: readonly Program[] = [
  NGINX,
  createAgnhost(AGNHOST_CONNECT),
  HTTP_ECHO,
  DNSMASQ,
  HTTPD,
  BUSYBOX_HTTPD,
  WHOAMI,
  HELLO_APP,
  SLOW_START,
  CRASH,
  REDIS,
  REDIS_CLI,
  POSTGRES,
  PG_ISREADY,
  MYSQL,
  MONGO,
  MEMCACHED,
  KUBE_ROUTER,
  SLEEP,
  PAUSE,
  TAIL,
  CURL,
  WGET,
  DIG,
  NSLOOKUP,
  HOST,
  GETENT,
  PING,
  NC,
  NCAT,
  TCPDUMP,
  TRACEROUTE,
  TRACEPATH,
  ARPING,
];

/** Commands of the shell that a container may also be started with. */
const SHELL_COMMANDS = ['true', 'false', 'echo', 'printf', 'env', 'date', 'cat', 'hostname'];

/** Every program by name, for NetworkEnvironment. `store` is what CoreDNS serves. */
export function createPrograms({
  store,
}: {
  readonly store: Store;
}): Readonly<Record<string, Program>> {
  const programs: Record<string, Program> = {};
  for (const program of PROGRAMS) programs[program.name] = program;
  programs['coredns'] = createCoredns(store);
  programs['node-cache'] = createNodeCache(store);
  for (const name of SHELL_COMMANDS) programs[name] = createCommand(name, programs);
  const sh = createSh(programs);
  for (const name of ['sh', 'bash', 'ash', 'dash']) programs[name] = sh;
  programs['netcat'] = programs['nc']!;
  return programs;
}
