import { MILLISECOND } from '../base/clock.ts';
import type { SocketAddress } from '../base/flow.ts';
import type { Cluster } from '../cluster.ts';
import type { ConntrackEntry } from '../linux/conntrack.ts';
import type { Network } from '../linux/network.ts';
import type { DrawLot, Lot } from '../linux/netfilter/lots.ts';
import { killProcess, removeProcess, startProcess } from '../linux/process.ts';
import { printTrace } from '../trace/print-trace.ts';
import { answerFor, sidesOf } from './decide-lot.ts';
import { followConnections, type TrackedConnection } from './connections.ts';
import type { Probe } from './draw-probes.ts';
import type { ClientReport } from './probe-programs.ts';

/** How long a client waits; the kernel's clients wait as long. */
export const PATIENCE_MS = 400;
/** Probes ask from ports of their own, below the ephemeral range and the node ports. */
export const FIRST_PORT = 20_000;

/** What became of one probe in the simulator. */
export interface SimulatedOutcome extends ClientReport {
  readonly connections: readonly TrackedConnection[];
  /** Endpoints among which some rule drew a lot. */
  readonly candidates: readonly string[];
  /** The account of it, as `sim trace` prints it. */
  printTrace(): string;
}

/**
 * The connections that begin while somebody looks, as the kernel reports them: also those that are forgotten at once,
 * because their only answer was a reset.
 */
class ConnectionWatch {
  private readonly next: Map<string, number>;
  private readonly seen: { readonly namespace: string; readonly entry: ConntrackEntry }[] = [];

  constructor(private readonly network: Network) {
    const namespaces = Object.values(network.namespaces);
    this.next = new Map(namespaces.map(({ id, conntrack }) => [id, conntrack.nextId]));
  }

  look(): void {
    for (const { id, conntrack } of Object.values(this.network.namespaces)) {
      for (let at = this.next.get(id) ?? 1; at < conntrack.nextId; at++) {
        const entry = conntrack.entries[at];
        if (entry) this.seen.push({ namespace: id, entry });
      }
      this.next.set(id, conntrack.nextId);
    }
  }

  confirmed(): TrackedConnection[] {
    return this.seen
      .filter(({ entry }) => entry.isConfirmed)
      .map(({ namespace, entry: { original, reply } }) => ({ namespace, original, reply }));
  }
}

/** The simulated cluster, asked with the lots that the kernel drew. */
export class SimulatedProbes {
  private picks: ReadonlyMap<string, SocketAddress> = new Map();
  private candidates: readonly string[] = [];
  /** No two datagrams of a run may look like one connection. */
  private nextPort = FIRST_PORT;

  constructor(private readonly cluster: Cluster) {
    Object.assign(cluster.environment, { drawLot: ((lot) => this.drawLot(lot)) satisfies DrawLot });
  }

  /** Sends the probe as packets of a process there. `picks`: the endpoint that each namespace's rules shall draw. */
  ask(probe: Probe, picks: ReadonlyMap<string, SocketAddress>): SimulatedOutcome {
    const { cluster } = this;
    const { network, environment } = cluster;
    this.picks = picks;
    this.candidates = [];
    const watch = new ConnectionWatch(network);
    const tag = cluster.openTrace(probe.about);
    const pid = startProcess(network, environment, {
      program: 'probe-client',
      args: [probe.protocol, probe.to.address, String(probe.to.port), String(this.nextPort++)],
      namespace: probe.namespace,
      hostname: probe.from,
      files: {},
      environment: {},
      tag,
    });
    const process = () => network.processes[pid];
    const isOver = () => {
      watch.look();
      return process()?.exitCode !== undefined;
    };
    cluster.runUntil(isOver, PATIENCE_MS * MILLISECOND);
    const report = this.reportOf(pid);
    killProcess(network, environment, pid);
    // The end of a connection that was answered.
    cluster.advance(5 * MILLISECOND);
    removeProcess(network, pid);
    // The cluster forgets old traces; this one is kept until somebody asks.
    const steps = cluster.state.traces[tag.trace]?.steps ?? [];
    return {
      ...report,
      connections: followConnections(watch.confirmed(), { ...probe, port: report.port }),
      candidates: this.candidates,
      printTrace: () => printTrace(steps),
    };
  }

  private reportOf(pid: number): ClientReport {
    const process = this.cluster.network.processes[pid];
    if (process?.output) return JSON.parse(process.output) as ClientReport;
    const state = process?.state as Omit<ClientReport, 'view'> | undefined;
    return { port: 0, sending: 'sent', ...state, view: { type: 'silence' } };
  }

  /** Every lot falls on the endpoint that the kernel took. */
  private drawLot(lot: Lot): number | undefined {
    const namespace = this.cluster.network.namespaces[lot.namespace];
    if (!namespace) return undefined;
    const sides = sidesOf(namespace, lot);
    this.candidates = [...new Set(sides.map(({ endpoint }) => endpoint))].sort();
    const pick = this.picks.get(lot.namespace);
    return pick && answerFor(sides, pick);
  }
}
