import type { SocketAddress } from '../base/flow.ts';
import type { Cluster } from '../cluster.ts';
import { createPolicyEngine, type PolicyEngine } from '../policy/create-policy-engine.ts';
import type { PolicyEnd, PolicyFlow } from '../policy/policy-world.ts';
import { readPolicyWorld } from '../policy/read-policy-world.ts';
import type { DirectionVerdict, PolicyOutcome } from '../policy/verdict.ts';
import { addressOfMachine } from './addressing.ts';
import type { Probe } from './draw-probes.ts';
import type { SimulatedOutcome } from './simulated-probes.ts';

/** What the policies say of a probe. `unasked`: no policy selects either end. */
export type ProbeVerdict = PolicyOutcome | 'unasked';

interface Hop {
  /** The machine that the packet passes; absent where none noted it: then it is known to leave its client at most. */
  readonly namespace?: string;
  readonly source: string;
  /** Behind the translation of this machine. */
  readonly destination: SocketAddress;
}

/** The machines that a probe passes, with the packet as policies see it there; the client's own where nothing came of it. */
function hopsOf(cluster: Cluster, probe: Probe, { connections }: SimulatedOutcome): Hop[] {
  const hops = connections.map(({ namespace, original, reply }) => ({
    namespace,
    source: original.source.address,
    destination: reply.source,
  }));
  if (hops.length > 0) return hops;
  const family = probe.to.address.includes(':') ? 'IPv6' : 'IPv4';
  const source = addressOfMachine(cluster.network, probe.namespace, family);
  return source === undefined ? [] : [{ source, destination: probe.to }];
}

const STRENGTH: readonly ProbeVerdict[] = ['unasked', 'admitted', 'undecidable', 'not-admitted'];

const stronger = (a: ProbeVerdict, b: ProbeVerdict) =>
  STRENGTH.indexOf(a) > STRENGTH.indexOf(b) ? a : b;

/** Judges probes by the policies alone, whatever rules were made of them. */
export class ProbeJudge {
  private readonly engine: PolicyEngine;

  constructor(private readonly cluster: Cluster) {
    this.engine = createPolicyEngine(readPolicyWorld(cluster.store));
  }

  /** `free`: what becomes of the probe where there are no policies. The first machine that drops it ends it. */
  judge(probe: Probe, free: SimulatedOutcome): ProbeVerdict {
    return hopsOf(this.cluster, probe, free)
      .map((hop) => this.judgeHop(probe, hop))
      .reduce(stronger, 'unasked');
  }

  /** Egress is asked where the source runs, ingress where the destination does. */
  private judgeHop({ protocol }: Probe, { namespace, source, destination }: Hop): ProbeVerdict {
    const { engine } = this;
    const flow: PolicyFlow = {
      source: engine.endOf(source),
      destination: engine.endOf(destination.address),
      protocol: protocol === 'tcp' ? 'TCP' : 'UDP',
      port: destination.port,
    };
    const { egress, ingress } = engine.explain(flow);
    const isHere = ({ pod }: PolicyEnd) => pod?.node === namespace;
    const isAskedFirst = namespace === undefined || isHere(flow.source);
    // What a node sends to its own pods goes by no chain of theirs, with whatever address it has on the way.
    const isAskedLast = isHere(flow.destination) && !this.isOf(namespace, source);
    return stronger(
      isAskedFirst ? wordOf(egress) : 'unasked',
      isAskedLast ? wordOf(ingress) : 'unasked',
    );
  }

  private isOf(machine: string | undefined, address: string): boolean {
    const { links = {} } = this.cluster.network.namespaces[machine ?? ''] ?? {};
    return Object.values(links).some(({ addresses }) =>
      addresses.some((each) => each.address === address),
    );
  }
}

const wordOf = ({ policies, outcome }: DirectionVerdict): ProbeVerdict =>
  policies.length === 0 ? 'unasked' : outcome;
