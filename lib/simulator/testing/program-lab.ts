import { seedRandom } from '../base/random.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { createStore, createStoreState } from '../apiserver/create-store.ts';
import type { Store } from '../apiserver/store.ts';
import { addAddress, addVethPair } from '../linux/links.ts';
import { addMachine } from '../linux/network-state.ts';
import { startProcess } from '../linux/process.ts';
import { createPrograms } from '../workloads/programs.ts';
import { createLab, openTrace, runUntilIdle, type Lab } from './lab.ts';

/** Two machines with real programs: `client` 10.0.0.1 and `server` 10.0.0.2 on one cable, and a store for CoreDNS. */
export interface ProgramLab extends Lab {
  readonly store: Store;
}

/** Objects go in beneath admission, as etcd holds them. */
export function createProgramLab(objects: readonly KubeObject[] = []): ProgramLab {
  const state = createStoreState();
  for (const object of objects) {
    const { namespace, name } = object.metadata;
    state.objects[object.kind]![namespace === undefined ? name : `${namespace}/${name}`] = object;
  }
  const store = createStore({ state, now: () => 0, random: seedRandom('store') });
  const lab = createLab({ programs: createPrograms({ store }) });
  const { network, environment } = lab;
  for (const name of ['client', 'server']) addMachine(network, name);
  addVethPair(
    network,
    environment,
    { namespace: 'client', name: 'eth0' },
    { namespace: 'server', name: 'eth0' },
  );
  addAddress(network, 'client', 'eth0', '10.0.0.1/24');
  addAddress(network, 'server', 'eth0', '10.0.0.2/24');
  return { ...lab, store };
}

/** Starts a program and lets everything happen that it causes. */
export function start(
  lab: ProgramLab,
  machine: 'client' | 'server',
  commandLine: string | readonly string[],
  files: Readonly<Record<string, string>> = {},
): number {
  const [program = '', ...args] =
    typeof commandLine === 'string' ? commandLine.split(' ') : commandLine;
  const pid = startProcess(lab.network, lab.environment, {
    program,
    args,
    namespace: machine,
    hostname: machine,
    files: { ...files },
    environment: {},
    tag: openTrace(lab, `t${lab.network.nextPid}`),
  });
  runUntilIdle(lab);
  return pid;
}

/** What a program printed and how it ended, after everything has happened. */
export function outcomeOf(
  lab: ProgramLab,
  pid: number,
): { output: string; exitCode: number | undefined } {
  const process = lab.network.processes[pid];
  return { output: process?.output ?? '', exitCode: process?.exitCode };
}

/** Runs a client to its end. */
export function runClient(
  lab: ProgramLab,
  commandLine: string | readonly string[],
  files: Readonly<Record<string, string>> = {},
): { output: string; exitCode: number | undefined } {
  return outcomeOf(lab, start(lab, 'client', commandLine, files));
}
