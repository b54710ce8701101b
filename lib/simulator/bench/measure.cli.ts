import { readFileSync } from 'node:fs';
import type { ProxyMode } from '../cluster-options.ts';
import { fillerSlice, must, serviceCluster, TARGET } from './service-cluster.ts';
import { changeEndpoint, largeCluster } from './large-cluster.ts';
import { sendOne, stepsOfOne, type Recording } from './send-requests.ts';

/*
 * One measurement in a process of its own: `services MODE SERVICES REQUESTS`, `load MODE NODES PODS SERVICES AWAKE`.
 * Prints one line of JSON. Times are processor time of the process (its garbage collector included), so that neighbours
 * on the machine do not count; memory is the most that was resident.
 */

const milliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const peakMegabytes = () =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024);

function timed(work: () => void): number {
  const since = milliseconds();
  work();
  return milliseconds() - since;
}

function measureServices(mode: ProxyMode, services: number, requests: number) {
  const build = timed(() => serviceCluster(mode, 1));
  const cluster = serviceCluster(mode, services);
  const send = (recording: Recording, count: number) => {
    for (let sent = 0; sent < count; sent++) sendOne(cluster, TARGET, recording);
  };
  send('untraced', Math.ceil(requests / 5));
  send('traced', Math.ceil(requests / 5));
  const untraced = timed(() => send('untraced', requests)) / requests;
  const traced = timed(() => send('traced', requests)) / requests;
  const steps = stepsOfOne(cluster, TARGET);
  const compared = steps.reduce((sum, s) => sum + (s.kind === 'netfilter' ? s.compared : 0), 0);
  const change = timed(() => {
    must(
      cluster.store.create({
        ...fillerSlice(1),
        metadata: { ...fillerSlice(1).metadata, name: 'another' },
      }),
    );
    cluster.settle();
  });
  const packets = new Set(steps.map(({ packet }) => packet)).size;
  return {
    mode,
    services,
    build,
    untraced,
    traced,
    compared,
    steps: steps.length,
    packets,
    change,
  };
}

function measureLoad(
  mode: ProxyMode,
  nodes: number,
  pods: number,
  services: number,
  awake: number,
) {
  const parts: Record<string, number> = {};
  let since = milliseconds();
  const begin = since;
  const size = { nodes, pods, services };
  const report = (part: string) => {
    parts[part] = milliseconds() - since;
    since = milliseconds();
  };
  const cluster = largeCluster({ size, proxyMode: mode, awake, report });
  const total = milliseconds() - begin;
  const megabytes = peakMegabytes();
  const change = () =>
    timed(() => {
      changeEndpoint(cluster);
      cluster.settle();
    });
  change();
  return { mode, ...size, awake, parts, total, megabytes, change: Math.min(change(), change()) };
}

const [kind, mode = 'iptables', ...rest] = process.argv.slice(2);
const [a = 0, b = 0, c = 0, d = 0] = rest.map(Number);
const result =
  kind === 'load'
    ? measureLoad(mode as ProxyMode, a, b, c, d)
    : measureServices(mode as ProxyMode, a, b);
process.stdout.write(`${JSON.stringify(result)}\n`);
