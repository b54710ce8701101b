import { MILLISECOND } from '../base/clock.ts';
import { formatSocketAddress, type SocketAddress } from '../base/flow.ts';
import type { Cluster } from '../cluster.ts';
import type { DrawLot, Lot } from '../linux/netfilter/lots.ts';
import type { Rule, Table } from '../linux/netfilter/rule.ts';
import { killProcess, removeProcess, startProcess } from '../linux/process.ts';
import { printTrace } from '../trace/print-trace.ts';
import { followConnections, type TrackedConnection } from './connections.ts';
import type { Probe } from './draw-probes.ts';
import type { ClientReport } from './probe-programs.ts';

/** How long a client waits; the kernel's clients wait as long. */
export const PATIENCE_MS = 400;

/** What became of one probe in the simulator. */
export interface SimulatedOutcome extends ClientReport {
  readonly connections: readonly TrackedConnection[];
  /** Endpoints among which some rule drew a lot. */
  readonly candidates: readonly string[];
  /** The account of it, as `sim trace` prints it. */
  printTrace(): string;
}

/** Where a packet goes that follows this rule's jump. */
function endpointOf(table: Table, { target }: Rule): string | undefined {
  if (target.target !== 'JUMP') return undefined;
  const rules = table.chains[target.chain]?.rules ?? [];
  return rules.flatMap((rule) => (rule.target.target === 'DNAT' ? rule.target.to : []))[0];
}

/** The simulated cluster, asked with the lots that the kernel drew. */
export class SimulatedProbes {
  private picks: ReadonlyMap<string, SocketAddress> = new Map();
  private candidates: readonly string[] = [];

  constructor(private readonly cluster: Cluster) {
    Object.assign(cluster.environment, { drawLot: ((lot) => this.drawLot(lot)) satisfies DrawLot });
  }

  /** Sends the probe as packets of a process there. `picks`: the endpoint that each namespace's rules shall draw. */
  ask(probe: Probe, picks: ReadonlyMap<string, SocketAddress>): SimulatedOutcome {
    const { cluster } = this;
    const { network, environment } = cluster;
    this.picks = picks;
    this.candidates = [];
    const before = this.nextConnections();
    const tag = cluster.openTrace(probe.about);
    const pid = startProcess(network, environment, {
      program: 'probe-client',
      args: [probe.protocol, probe.to.address, String(probe.to.port)],
      namespace: probe.namespace,
      hostname: probe.from,
      files: {},
      environment: {},
      tag,
    });
    const process = () => network.processes[pid];
    cluster.runUntil(() => process()?.exitCode !== undefined, PATIENCE_MS * MILLISECOND);
    const report = this.reportOf(pid);
    killProcess(network, environment, pid);
    // The end of a connection that was answered.
    cluster.advance(5 * MILLISECOND);
    removeProcess(network, pid);
    const all = this.connectionsSince(before);
    // The cluster forgets old traces; this one is kept until somebody asks.
    const steps = cluster.state.traces[tag.trace]?.steps ?? [];
    return {
      ...report,
      connections: followConnections(all, { ...probe, port: report.port }),
      candidates: this.candidates,
      printTrace: () => printTrace(steps),
    };
  }

  private reportOf(pid: number): ClientReport {
    const { network } = this.cluster;
    const output = network.processes[pid]?.output ?? '';
    if (output !== '') return JSON.parse(output) as ClientReport;
    const socket = Object.values(network.namespaces)
      .flatMap(({ sockets }) => Object.values(sockets))
      .find((each) => each.pid === pid);
    return { view: { type: 'silence' }, port: socket?.local.port ?? 0 };
  }

  private nextConnections(): Map<string, number> {
    const namespaces = Object.values(this.cluster.network.namespaces);
    return new Map(namespaces.map(({ id, conntrack }) => [id, conntrack.nextId]));
  }

  private connectionsSince(before: ReadonlyMap<string, number>): TrackedConnection[] {
    return Object.values(this.cluster.network.namespaces).flatMap(({ id, conntrack }) =>
      Object.values(conntrack.entries)
        .filter((entry) => entry.isConfirmed && entry.id >= (before.get(id) ?? 0))
        .map(({ original, reply }) => ({ namespace: id, original, reply })),
    );
  }

  /** A `statistic` rule matches when it leads to the endpoint that the kernel took. */
  private drawLot({ namespace, rule, sides }: Lot): number | undefined {
    const table = this.cluster.network.namespaces[namespace]?.ruleset.tables.nat;
    if (!table) return undefined;
    const chain = Object.values(table.chains).find(({ rules }) => rules.includes(rule));
    const endpoints = (chain?.rules ?? []).flatMap((each) => endpointOf(table, each) ?? []);
    this.candidates = [...new Set(endpoints)].sort();
    const pick = this.picks.get(namespace);
    if (!pick) return undefined;
    return endpointOf(table, rule) === formatSocketAddress(pick) ? 0 : sides - 1;
  }
}
