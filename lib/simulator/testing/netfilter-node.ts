import { SECOND } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import { seedRandom } from '../base/random.ts';
import { createConntrackTable, listEntries } from '../linux/conntrack.ts';
import { runHook, type HookContext, type HookVerdict } from '../linux/netfilter/hooks.ts';
import { restoreIptables } from '../linux/netfilter/parse/parse-iptables.ts';
import { formatConntrackEntry } from '../linux/netfilter/print/conntrack-entry.ts';
import { applyNftCommands } from '../linux/netfilter/nft/apply-commands.ts';
import { parseNftScript } from '../linux/netfilter/nft/parse/parse-script.ts';
import { createNftRuleset } from '../linux/netfilter/nft/ruleset.ts';
import { createRuleset } from '../linux/netfilter/ruleset.ts';
import type { NetworkNamespace } from '../linux/network.ts';
import type { SocketBuffer } from '../linux/socket-buffer.ts';
import type { IcmpType, IpPacket, TcpFlags } from '../packet/packet.ts';
import { createRecorder, type RecordedTraces } from '../trace/recorder.ts';
import type { NetfilterHook } from '../trace/step.ts';

/** The node's only address. */
export const NODE = '192.168.10.11';

/** A node with one device, the given rules, and a clock that the test moves. */
export class NetfilterNode {
  now = 1_000 * SECOND;
  readonly traces: RecordedTraces = { t: { packets: 1, steps: [] } };
  readonly namespace: NetworkNamespace;
  private readonly random = seedRandom('hooks');

  constructor(
    rules: string,
    limit?: number,
    private readonly addresses: readonly string[] = [NODE],
  ) {
    const restored = restoreIptables(createRuleset(), rules);
    invariant(restored.ok, restored.ok ? '' : restored.text);
    this.namespace = {
      id: 'node',
      machine: 'node',
      sysctls: {},
      links: {},
      nextLinkIndex: 1,
      routes: [],
      rules: [],
      neighbours: [],
      ruleset: restored.ruleset,
      ruleset6: createRuleset(),
      nftables: createNftRuleset(),
      ipsets: {},
      conntrack: createConntrackTable(limit),
      sockets: {},
      nextEphemeralPort: 32_768,
      pending: [],
    };
  }

  /** What `nft -f` does with a text. */
  loadNft(script: string): this {
    const parsed = parseNftScript(script);
    invariant(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.problem));
    const problem = applyNftCommands(this.namespace.nftables, parsed.commands, this.now);
    invariant(problem === undefined, JSON.stringify(problem));
    return this;
  }

  private context(): HookContext {
    return {
      namespace: this.namespace,
      place: { machine: 'node' },
      now: this.now,
      random: this.random,
      recorder: createRecorder(this.traces, () => this.now),
      isLocalAddress: (address) => this.isLocal(address),
      masqueradeAddress: () => this.addresses[0],
    };
  }

  isLocal(address: string): boolean {
    return this.addresses.includes(address) || address.startsWith('127.');
  }

  /** One packet through the hooks in order, until one says no. */
  send(
    packet: IpPacket,
    hooks: readonly NetfilterHook[] = ['PREROUTING', 'FORWARD', 'POSTROUTING'],
    devices = {},
  ): Passed {
    const skb: SocketBuffer = {
      packet,
      mark: 0,
      outDevice: 'eth0',
      tag: { trace: 't', packet: 1 },
      ...devices,
    };
    return this.pass(skb, hooks);
  }

  /** A packet that is on its way already, through further hooks. */
  pass(skb: SocketBuffer, hooks: readonly NetfilterHook[]): Passed {
    for (const hook of hooks) {
      const verdict = runHook(hook, skb, this.context());
      if (verdict.verdict !== 'accept') return { verdict, packet: skb.packet, skb };
    }
    return { verdict: { verdict: 'accept' }, packet: skb.packet, skb };
  }

  connections(): string[] {
    return listEntries(this.namespace.conntrack, this.now).map((entry) =>
      formatConntrackEntry(entry, this.now),
    );
  }
}

export interface Passed {
  readonly verdict: HookVerdict;
  readonly packet: IpPacket;
  readonly skb: SocketBuffer;
}

const ip = { ttl: 64, dontFragment: true, length: 60 } as const;

/** `10.0.0.1:80`, `[fd00::1]:80`. */
function addressAndPort(text: string): [address: string, port: string] {
  const colon = text.lastIndexOf(':');
  return [text.slice(0, colon).replace(/^\[|\]$/g, ''), text.slice(colon + 1)];
}

const versionOf = (address: string) => (address.includes(':') ? 6 : 4);

/** From and to as `address:port`; IPv6 in brackets. */
export function tcp(from: string, to: string, flags: TcpFlags = { syn: true }): IpPacket {
  const [source, sourcePort] = addressAndPort(from);
  const [destination, destinationPort] = addressAndPort(to);
  const transport = {
    protocol: 'tcp',
    sourcePort: Number(sourcePort),
    destinationPort: Number(destinationPort),
    flags,
    sequence: 0,
    acknowledgement: 0,
  } as const;
  return { ...ip, version: versionOf(source), source, destination, transport };
}

export function udp(from: string, to: string): IpPacket {
  const { source, destination, transport } = tcp(from, to);
  invariant(transport.protocol === 'tcp', 'tcp() makes TCP packets');
  const { sourcePort, destinationPort } = transport;
  return {
    ...ip,
    version: versionOf(source),
    source,
    destination,
    transport: {
      protocol: 'udp',
      sourcePort,
      destinationPort,
      payload: { kind: 'bytes', text: 'x' },
    },
  };
}

export const icmp = (
  source: string,
  destination: string,
  type: IcmpType,
  more: { identifier?: number; original?: IpPacket },
): IpPacket => ({
  ...ip,
  version: versionOf(source),
  source,
  destination,
  transport: { protocol: 'icmp', type, ...more },
});

/** `10.0.0.1:80 > 10.0.0.2:90`. */
export function ends({ source, destination, transport }: IpPacket): string {
  if (!('sourcePort' in transport)) return `${source} > ${destination} id ${transport.identifier}`;
  return `${source}:${transport.sourcePort} > ${destination}:${transport.destinationPort}`;
}
