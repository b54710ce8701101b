import { MILLISECOND, type Micros } from './base/clock.ts';
import { groupOf, isBuiltInGroup } from './api/kinds.ts';
import type { KubeObject } from './api/meta/object.ts';
import type { Store, StoreChange, StoreState } from './apiserver/store.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CONTROLLERS } from './controllers/list.ts';
import type { NodeAgent } from './node/agent.ts';
import type { WorkQueue } from './work-queue.ts';

/** From a commit until a watcher acts on it. */
const WATCH_LATENCY: Micros = 2 * MILLISECOND;

/** The event target of an agent on a node. */
export const targetOf = ({ name }: NodeAgent, node: string) => `agent/${name}/${node}`;

const isCustomObject = ({ apiVersion }: KubeObject) => !isBuiltInGroup(groupOf(apiVersion));

/** Who watches the store: controllers and agents. What they hear becomes work, in an order that never changes. */
export class Watchers {
  /** Where each node stands among the options'. */
  private readonly nodePlaces: ReadonlyMap<string, number>;
  /** Event targets of each agent, by the place of the node. */
  private readonly targets: ReadonlyMap<NodeAgent, readonly string[]>;

  constructor(
    private readonly agents: readonly NodeAgent[],
    private readonly nodes: ClusterOptions['nodes'],
    private readonly store: Store,
    private readonly work: WorkQueue,
    private readonly isDormant: (node: string) => boolean,
  ) {
    this.nodePlaces = new Map(nodes.map(({ name }, place) => [name, place]));
    this.targets = new Map(
      agents.map((agent) => [agent, nodes.map(({ name }) => targetOf(agent, name))]),
    );
  }

  isNode(name: string): boolean {
    return this.nodePlaces.has(name);
  }

  /** An agent that starts lists everything that it watches. */
  hearEverything(agent: NodeAgent, node: string, { objects }: StoreState): void {
    const target = targetOf(agent, node);
    for (const object of Object.values(objects).flatMap(Object.values<KubeObject>)) {
      if (isCustomObject(object)) continue;
      const resourceVersion = Number(object.metadata.resourceVersion ?? 0);
      this.wakeAgent(agent, node, target, { type: 'ADDED', object, resourceVersion });
    }
  }

  /** The agent of one node was stopped or started: its sessions with the others end or begin. */
  hearOfPeer(agent: NodeAgent, node: string): void {
    for (const { name: peer } of this.nodes) {
      const target = targetOf(agent, peer);
      if (peer === node || this.work.isStopped(target)) continue;
      for (const key of agent.keysOfSession ?? []) this.work.enqueue(target, key, WATCH_LATENCY);
    }
  }

  /** Controllers first, then the agents of each node, then those that run in one place. */
  hear(change: StoreChange): void {
    const isCustom = isCustomObject(change.object);
    for (const controller of CONTROLLERS) {
      if (isCustom && controller.hears !== 'all-kinds') continue;
      for (const key of controller.keysOf(change, this.store)) {
        this.work.enqueue(`controller/${controller.name}`, key, WATCH_LATENCY);
      }
    }
    if (isCustom) return;
    this.wakeNodes(change);
    for (const agent of this.agents) {
      const { place } = agent;
      if (place !== undefined) this.wakeAgent(agent, place, targetOf(agent, place), change);
    }
  }

  /** In the order of the nodes, and on each in that of its agents. */
  private wakeNodes(change: StoreChange): void {
    const woken = this.agents
      .filter(({ place }) => place === undefined)
      .map((agent) => ({ agent, places: this.placesOf(agent, change) }))
      .filter(({ places }) => places === 'all' || places.size > 0);
    for (const place of this.placesWoken(woken.map(({ places }) => places))) {
      const { name = '' } = this.nodes[place] ?? {};
      for (const { agent, places } of woken) {
        if (places !== 'all' && !places.has(place)) continue;
        if (agent.sleepsWithNode && this.isDormant(name)) continue;
        const target = this.targets.get(agent)?.[place] ?? '';
        this.wakeAgent(agent, name, target, change);
      }
    }
  }

  /** The places of the nodes where a change may wake an agent. */
  private placesOf(agent: NodeAgent, change: StoreChange): ReadonlySet<number> | 'all' {
    const nodes = agent.nodesOf?.(change, this.store) ?? 'all';
    if (nodes === 'all') return nodes;
    return new Set(nodes.flatMap((name) => this.nodePlaces.get(name) ?? []));
  }

  private placesWoken(each: readonly (ReadonlySet<number> | 'all')[]): Iterable<number> {
    if (each.includes('all')) return this.nodes.keys();
    const places = each.flatMap((some) => (some === 'all' ? [] : [...some]));
    return [...new Set(places)].sort((a, b) => a - b);
  }

  private wakeAgent(agent: NodeAgent, node: string, target: string, change: StoreChange): void {
    if (this.work.isStopped(target)) return;
    for (const key of agent.keysOf(change, node, this.store)) {
      this.work.enqueue(target, key, WATCH_LATENCY);
    }
  }
}
