import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Micros } from '../base/clock.ts';
import type { Network, NetworkNamespace } from '../linux/network.ts';
import { saveIpsets } from '../linux/netfilter/ipset/print.ts';
import { listNftRuleset } from '../linux/netfilter/nft/print/list-ruleset.ts';
import { printIptablesSave } from '../linux/netfilter/print/iptables-save.ts';
import { enterNetwork, unshareNetwork } from './kernel-calls.ts';
import {
  readSightings,
  SIGHTINGS_QUESTIONS,
  SIGHTINGS_TABLES,
  type Sighting,
} from './sightings.ts';
import { layOutNetwork, type LayOut, type NamespaceLayOut } from './lay-out.ts';

const isEmpty = (tables: object) => Object.keys(tables).length === 0;

const OWN_NETWORK = '/proc/thread-self/ns/net';

/** Sysctls that this kernel may lack, or keep for the first namespace: those that only set time-outs and sizes. */
const isOptional = (name: string) => name.startsWith('netfilter.') || name.startsWith('ipv6.');

function run(command: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${args.join(' ')}: ${error?.message ?? stderr}\n${input.slice(0, 4000)}`,
  );
}

function writeSysctls(sysctls: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(sysctls)) {
    try {
      writeFileSync(`/proc/sys/net/${name.replaceAll('.', '/')}`, value);
    } catch (error) {
      if (!isOptional(name)) throw error;
    }
  }
}

/**
 * The simulator's network in the kernel. Its namespaces have no names and are held by this process alone: when it ends,
 * in whatever way, the kernel takes them away with everything inside.
 */
export class KernelNetwork {
  private readonly home = openSync(OWN_NETWORK, 'r');
  private readonly namespaces = new Map<string, number>();

  constructor(private readonly network: Network) {
    const layOut = layOutNetwork(network);
    try {
      this.makeNamespaces(layOut);
      this.makeDevices(layOut);
      for (const namespace of layOut.namespaces) this.configure(namespace);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The ids of all namespaces. */
  ids(): readonly string[] {
    return [...this.namespaces.keys()];
  }

  /** Does something with this thread in a namespace: sockets that are opened there stay there. Nothing asynchronous. */
  inside<T>(id: string, work: () => T): T {
    const fd = this.namespaces.get(id);
    if (fd === undefined) throw new Error(`no namespace ${id}`);
    enterNetwork(fd);
    try {
      return work();
    } finally {
      enterNetwork(this.home);
    }
  }

  /**
   * Loads what the simulator prints of each namespace's rules, the ipsets that they name before them, iptables first: where chains of both have one priority,
   * the kernel asks them in the order in which they came.
   */
  loadRules(now: Micros): void {
    for (const namespace of Object.values(this.network.namespaces)) {
      const { id, ruleset, ruleset6, nftables, ipsets } = namespace;
      this.inside(id, () => {
        if (!isEmpty(ipsets)) run('ipset', ['restore'], saveIpsets(Object.values(ipsets), now));
        if (!isEmpty(ruleset.tables)) run('iptables-restore', [], printIptablesSave(ruleset));
        if (!isEmpty(ruleset6.tables)) run('ip6tables-restore', [], printIptablesSave(ruleset6));
        if (!isEmpty(nftables.tables)) run('nft', ['-f', '-'], listNftRuleset(nftables, { now }));
      });
    }
  }

  /** Keeps watch over what the machines send on, where rules may drop it. */
  watchForwarding(): void {
    for (const id of this.watched())
      this.inside(id, () => run('nft', ['-f', '-'], SIGHTINGS_TABLES));
  }

  /** What they have sent on, or would have. */
  sightings(): Sighting[] {
    return this.watched().flatMap((id) =>
      SIGHTINGS_QUESTIONS.flatMap((question) =>
        readSightings(
          this.inside(id, () => run('nft', question, '')),
          id,
        ),
      ),
    );
  }

  /** Ids of the namespaces that have rules about what they send on. */
  private watched(): string[] {
    const hasRules = ({ ruleset, nftables }: NetworkNamespace) =>
      ruleset.tables.filter !== undefined || !isEmpty(nftables.tables);
    return Object.values(this.network.namespaces)
      .filter(hasRules)
      .map(({ id }) => id);
  }

  close(): void {
    for (const fd of this.namespaces.values()) closeSync(fd);
    this.namespaces.clear();
    closeSync(this.home);
  }

  private makeNamespaces({ namespaces }: LayOut): void {
    try {
      for (const { id, earlySysctls } of namespaces) {
        unshareNetwork();
        this.namespaces.set(id, openSync(OWN_NETWORK, 'r'));
        writeSysctls(earlySysctls);
      }
    } finally {
      enterNetwork(this.home);
    }
  }

  private makeDevices({ devices, namespaces }: LayOut): void {
    const place = (id: string) => `/proc/${process.pid}/fd/${this.namespaces.get(id) ?? ''}`;
    const lines = devices.map((line) =>
      line.replaceAll(/\{([^}]*)\}/g, (_, id: string) => place(id)),
    );
    const [first] = namespaces;
    if (!first) return;
    this.inside(first.id, () => run('ip', ['-batch', '-'], `${lines.join('\n')}\n`));
  }

  private configure({ id, ip, bridge, sysctls }: NamespaceLayOut): void {
    this.inside(id, () => {
      run('ip', ['-batch', '-'], `${ip.join('\n')}\n`);
      if (bridge.length > 0) run('bridge', ['-batch', '-'], `${bridge.join('\n')}\n`);
      writeSysctls(sysctls);
    });
  }
}
