import { MINUTE } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import { createStore, createStoreState } from '../apiserver/create-store.ts';
import { addAddress, addVethPair } from '../linux/links.ts';
import { addMachine } from '../linux/network-state.ts';
import { startProcess } from '../linux/process.ts';
import { addRoute } from '../linux/routes.ts';
import {
  createLab,
  loadRules,
  openTrace,
  runUntilIdle,
  stepsOf,
  type Lab,
} from '../testing/lab.ts';
import { createPrograms } from '../workloads/programs.ts';
import type { LookUp, World } from './generate-worlds.ts';
import type { LoggedQuery, Outcome } from './outcome.ts';

const MACHINE = 'host';

/** The machine of run-real.ts: addresses, rules and servers are the same. */
function build(world: World, seed: string): Lab {
  const store = createStore({ state: createStoreState(), now: () => 0, random: seedRandom(seed) });
  const lab = createLab({ seed, programs: createPrograms({ store }) });
  const { network, environment } = lab;
  const sysctls = world.ipv6 === 'off' ? { 'ipv6.conf.all.disable_ipv6': '1' } : {};
  addMachine(network, MACHINE, { sysctls });
  addVethPair(
    network,
    environment,
    { namespace: MACHINE, name: 'v0' },
    { namespace: MACHINE, name: 'v1' },
  );
  addAddress(network, MACHINE, 'v0', '10.0.0.1/24');
  addRoute(network.namespaces[MACHINE]!, {
    destination: '0.0.0.0/0',
    via: '10.0.0.254',
    device: 'v0',
  });
  const silent: string[] = [];
  for (const { address, kind, config } of world.servers) {
    addAddress(network, MACHINE, 'lo', `${address}/32`);
    if (kind === 'silent')
      silent.push(`-A OUTPUT -s ${address}/32 -p udp -m udp --sport 53 -j DROP`);
    if (kind === 'dead') continue;
    startProcess(network, environment, {
      program: 'dnsmasq',
      args: [],
      namespace: MACHINE,
      hostname: MACHINE,
      files: { '/etc/dnsmasq.conf': config },
      environment: {},
    });
  }
  if (silent.length > 0)
    loadRules(
      lab,
      MACHINE,
      `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${silent.join('\n')}\nCOMMIT\n`,
    );
  runUntilIdle(lab);
  return lab;
}

/** One look-up in a world that is as fresh as the first one's; `seed` decides whom `rotate` asks first. */
export function runSimulated(world: World, lookUp: LookUp, seed: string): Outcome {
  const lab = build(world, seed);
  const pid = startProcess(lab.network, lab.environment, {
    program: 'getent',
    args: [lookUp.database, lookUp.name],
    namespace: MACHINE,
    hostname: MACHINE,
    files: { '/etc/resolv.conf': lookUp.resolvConf, '/etc/hosts': world.hosts },
    environment: {},
    tag: openTrace(lab),
  });
  runUntilIdle(lab, 30 * MINUTE);
  const process = lab.network.processes[pid];
  const queries = stepsOf(lab).flatMap((step): LoggedQuery[] =>
    step.kind === 'dns' && step.side === 'answers'
      ? [
          {
            server: step.server,
            protocol: step.flow?.protocol === 'tcp' ? 'tcp' : 'udp',
            type: step.type,
            name: step.name.replace(/\.$/, '').toLowerCase(),
          },
        ]
      : [],
  );
  return { queries, output: process?.output ?? '', exitCode: process?.exitCode ?? -1 };
}
