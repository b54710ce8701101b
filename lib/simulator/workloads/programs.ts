import type { Store } from '../apiserver/store.ts';
import type { Program } from '../linux/program.ts';
import { CURL } from './client/curl/curl.ts';
import { DIG } from './client/dig.ts';
import { GETENT } from './client/getent.ts';
import { HOST } from './client/host.ts';
import { NC } from './client/nc.ts';
import { NSLOOKUP } from './client/nslookup.ts';
import { PING } from './client/ping.ts';
import { WGET } from './client/wget.ts';
import { createCoredns } from './coredns/coredns.ts';
import { createCommand, createSh } from './process/sh.ts';
import { PAUSE, SLEEP, TAIL } from './process/sleep.ts';
import { AGNHOST } from './server/agnhost.ts';
import { HTTP_ECHO } from './server/http-echo.ts';
import { NGINX } from './server/nginx.ts';
import { MYSQL, POSTGRES, REDIS } from './server/tcp-server.ts';

/** Forgets the type of the state: the network hands each program its own state back, and no other. */
function erase<S>(program: Program<S>): Program {
  return program as Program;
}

/** Programs that look at nothing but the network. */
const PROGRAMS: readonly Program[] = [
  erase(NGINX),
  erase(AGNHOST),
  erase(HTTP_ECHO),
  erase(REDIS),
  erase(POSTGRES),
  erase(MYSQL),
  erase(SLEEP),
  erase(PAUSE),
  erase(TAIL),
  erase(CURL),
  erase(WGET),
  erase(DIG),
  erase(NSLOOKUP),
  erase(HOST),
  erase(GETENT),
  erase(PING),
  erase(NC),
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
  programs['coredns'] = erase(createCoredns(store));
  for (const name of SHELL_COMMANDS) programs[name] = erase(createCommand(name, programs));
  const sh = erase(createSh(programs));
  for (const name of ['sh', 'bash', 'ash', 'dash']) programs[name] = sh;
  programs['netcat'] = programs['nc']!;
  return programs;
}
