import type { SocketAddress } from '../base/flow.ts';
import type { Cluster } from '../cluster.ts';
import type { ProbeOutcome } from './compare-outcomes.ts';
import { followConnections, type TrackedConnection } from './connections.ts';
import { ConntrackEvents } from './conntrack-events.ts';
import type { Probe } from './draw-probes.ts';
import { KernelNetwork } from './kernel-network.ts';
import { KernelProbes } from './kernel-probes.ts';
import { KernelServers } from './kernel-servers.ts';
import { picksSeen, type Sighting } from './sightings.ts';
import { PATIENCE_MS } from './simulated-probes.ts';

/** What became of a probe in the kernel, and where each machine's rules sent it. */
export interface KernelOutcome extends ProbeOutcome {
  readonly picks: ReadonlyMap<string, SocketAddress>;
}

/** While nothing moves for so long, what has not been answered will not be (but for the time-out). */
const QUIET_MS = 30;

/** A cluster in the kernel with questions under way. */
export class KernelRun {
  private readonly kernel: KernelNetwork;
  private readonly servers: KernelServers;
  private readonly events: readonly ConntrackEvents[];
  private readonly probes: KernelProbes;
  private readonly connections: TrackedConnection[] = [];

  private seen: readonly Sighting[] | undefined;

  constructor(private readonly cluster: Cluster) {
    for (const namespace of Object.values(cluster.network.namespaces)) cluster.wake(namespace);
    this.kernel = new KernelNetwork(cluster.network);
    this.kernel.loadRules(cluster.now);
    if (this.canDrop()) this.kernel.watchForwarding();
    this.servers = new KernelServers(cluster.network, this.kernel);
    this.events = this.kernel
      .ids()
      .map((id) => this.kernel.inside(id, () => new ConntrackEvents(id)));
    this.probes = new KernelProbes(this.kernel, this.servers);
  }

  /**
   * Asks, and waits for answers. Where rules may drop what a lot was drawn for, that is all: a segment that is sent again,
   * after a second, would draw another.
   */
  ask(probes: readonly Probe[]): void {
    this.probes.ask(probes);
    this.probes.listen(QUIET_MS, PATIENCE_MS);
    if (this.canDrop()) this.finish();
  }

  /** Waits out those that were not answered, and gives them up. */
  finish(): void {
    this.probes.listen(PATIENCE_MS, PATIENCE_MS);
    this.probes.close();
  }

  outcomes(probes: readonly Probe[]): KernelOutcome[] {
    this.connections.push(...this.events.flatMap((each) => each.take()));
    const sightings = this.takeSightings();
    return this.probes.reports().flatMap((report, index) => {
      const probe = probes[index];
      if (!probe) return [];
      const start = { protocol: probe.protocol, to: probe.to, port: report.port };
      const connections = followConnections(this.connections, start);
      const { protocol, to } = probe;
      const sources = this.addressesOf(probe.namespace);
      const wire = { protocol, to, sourcePort: report.port, sources };
      return { ...report, connections, picks: picksSeen(connections, sightings, wire) };
    });
  }

  close(): void {
    this.probes.close();
    this.servers.close();
    for (const each of this.events) each.close();
    this.kernel.close();
  }

  /** Whether rules may drop what a machine sends on, behind the translation of its destination. */
  private canDrop(): boolean {
    return this.cluster.options.networkPolicies === 'enforced';
  }

  /** What is dropped is dropped at once: one look is enough. */
  private takeSightings(): readonly Sighting[] {
    return (this.seen ??= this.canDrop() ? this.kernel.sightings() : []);
  }

  private addressesOf(namespace: string): string[] {
    const { links = {} } = this.cluster.network.namespaces[namespace] ?? {};
    return Object.values(links).flatMap(({ addresses }) => addresses.map(({ address }) => address));
  }
}
