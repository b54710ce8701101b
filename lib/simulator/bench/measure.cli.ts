import { readFileSync } from 'node:fs';
import type { ProxyMode } from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';
import type { Step } from '../trace/step.ts';
import { fillerSlice, must, serviceCluster, TARGET } from './service-cluster.ts';
import { changeEndpoint, firstPodAndTarget, largeCluster } from './large-cluster.ts';
import { heapUsed, measureApi, timed } from './measure-api.cli.ts';
import { measureLabelChange, measureVerdicts } from './measure-policies.ts';
import { measureReachability } from './measure-reachability.ts';
import { sendOne, stepsOfOne, type Place, type Recording } from './send-requests.ts';

/*
 * One measurement in a process of its own: `services MODE SERVICES REQUESTS`, `nodes MODE NODES REQUESTS`,
 * `load MODE NODES PODS SERVICES AWAKE`, `api - PODS WATCHERS`,
 * `reachability - PODS POLICIES`, `verdicts - PODS POLICIES`, `label - PODS POLICIES`.
 * Prints one line of JSON. Times are processor time of the process (its garbage collector included), so that neighbours
 * on the machine do not count; memory is the most that was resident.
 */

/** Traces that are looked at for how much they hold: an endpoint is drawn for each, near or far. */
const SAMPLE = 12;

const milliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const peakMegabytes = () =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024);

/** Each of the better of two rounds: the collector is still busy with what loading has left behind in the first. */
const quicker = (one: [number, number], other: [number, number]): [number, number] => [
  Math.min(one[0], other[0]),
  Math.min(one[1], other[1]),
];

/** What requests cost on a cluster as it is. Milliseconds of processor time each; the rest is a mean of `SAMPLE` traces. */
function measureRequests(cluster: Cluster, url: string, requests: number, from?: Place) {
  const send = (recording: Recording, count: number) => {
    for (let sent = 0; sent < count; sent++) sendOne(cluster, url, recording, from);
  };
  const first = timed(() => send('untraced', 1));
  send('untraced', Math.ceil(requests / 5));
  send('traced', Math.ceil(requests / 5));
  const round = (recording: Recording) => timed(() => send(recording, requests)) / requests;
  const [untraced, traced] = quicker(
    [round('untraced'), round('traced')],
    [round('untraced'), round('traced')],
  );
  const sample = Array.from({ length: SAMPLE }, () => stepsOfOne(cluster, url, from));
  const mean = (count: (steps: readonly Step[]) => number) =>
    Math.round(sample.reduce((sum, steps) => sum + count(steps), 0) / SAMPLE);
  return {
    first,
    untraced,
    traced,
    compared: mean((steps) =>
      steps.reduce((sum, step) => sum + (step.kind === 'netfilter' ? step.compared : 0), 0),
    ),
    steps: mean((steps) => steps.length),
    packets: mean((steps) => new Set(steps.map(({ packet }) => packet)).size),
  };
}

function measureServices(mode: ProxyMode, services: number, requests: number) {
  const cluster = serviceCluster(mode, services);
  const measured = measureRequests(cluster, TARGET, requests);
  const change = timed(() => {
    const slice = fillerSlice(1);
    must(cluster.store.create({ ...slice, metadata: { ...slice.metadata, name: 'another' } }));
    cluster.settle();
  });
  return { mode, services, ...measured, change };
}

/** Few pods and Services on two nodes that are at work, beside ever more nodes. */
function measureNodes(mode: ProxyMode, nodes: number, requests: number) {
  const size = { nodes, pods: 40, services: 20, nodesWithPods: 2 };
  const cluster = largeCluster({ size, proxyMode: mode, awake: 2 });
  const { from, url } = firstPodAndTarget(cluster);
  return { mode, nodes, ...measureRequests(cluster, url, requests, from) };
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
  const { from, url } = firstPodAndTarget(cluster);
  const send = () => timed(() => sendOne(cluster, url, 'traced', from));
  const firstTrace = send();
  const secondTrace = send();
  const change = () =>
    timed(() => {
      changeEndpoint(cluster);
      cluster.settle();
    });
  const changes = [change(), change(), change(), change(), change()].sort((a, b) => a - b);
  return {
    mode,
    ...size,
    awake,
    parts,
    total,
    megabytes,
    firstTrace,
    secondTrace,
    change: changes[2],
  };
}

/** On the heap, and of typed arrays. */
const bytesUsed = () => heapUsed() + process.memoryUsage().arrayBuffers;

function measure(): unknown {
  const [kind, mode, ...rest] = process.argv.slice(2);
  const proxyMode: ProxyMode = mode === 'nftables' ? 'nftables' : 'iptables';
  const [a = 0, b = 0, c = 0, d = 0] = rest.map(Number);
  if (kind === 'load') return measureLoad(proxyMode, a, b, c, d);
  if (kind === 'api') return measureApi(a, b);
  if (kind === 'reachability') return measureReachability(a, b, { timed, bytesUsed });
  if (kind === 'verdicts') return measureVerdicts(a, b, timed);
  if (kind === 'label') return measureLabelChange(a, b, timed);
  if (kind === 'nodes') return measureNodes(proxyMode, a, b);
  return measureServices(proxyMode, a, b);
}

process.stdout.write(`${JSON.stringify(measure())}\n`);
