import type { KubeObject } from '../../api/meta/object.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { AgentContext } from '../agent.ts';
import { ensureJumps } from './apply-rules.ts';
import { isFresh, syncFamily } from './sync-family.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
import { objectsIn, viewObjects, type ViewedObjects } from './view-store.ts';

/*
 * Rounds of a node that no packet has visited. All that such a node will ever need is the last of them: nothing was
 * counted, no connection tracked, so that one full round from the objects that the last round read leaves the rules that
 * all rounds together would have left (they would number and order them otherwise, and might not have deleted an empty
 * chain of nftables yet). Of a round that is put off the state keeps which objects it read: once for all nodes that read
 * the same.
 */

/** A cluster that is no larger writes at once: probes and packets come to all of its nodes within seconds anyway. */
export const LARGEST_EAGER = 20;

/** What a round read that is still to be written. */
interface PutOff {
  /** Key of the objects in `Reads`. */
  readonly read: string;
  readonly configs: Partial<Record<IpFamily, ProxyConfig>>;
}

/** Objects that rounds have read which are put off, and on how many nodes. */
type Reads = Record<string, ViewedObjects & { nodes: number }>;

const KEY = 'putOff';

const readsOf = (context: AgentContext) => context.together() as Reads;

const putOffOf = ({ memory }: AgentContext) => memory[KEY] as PutOff | undefined;

/** The newest version among the objects, and how many there are: with the same of both, the same objects. */
const listKeys = new WeakMap<readonly KubeObject[], string>();

function keyOfList(objects: readonly KubeObject[]): string {
  const known = listKeys.get(objects);
  if (known !== undefined) return known;
  let newest = 0;
  for (const { metadata } of objects) newest = Math.max(newest, Number(metadata.resourceVersion));
  const key = `${newest}/${objects.length}`;
  listKeys.set(objects, key);
  return key;
}

/** What is read is kept while somebody has yet to write it. */
function letGo(reads: Reads, key: string): void {
  const objects = reads[key];
  if (objects && --objects.nodes === 0) delete reads[key];
}

/** Whether this node may still leave its rules unwritten. */
export function mayPutOff(context: AgentContext, namespace: NetworkNamespace): boolean {
  if (context.options.nodes.length <= LARGEST_EAGER) return false;
  return putOffOf(context) !== undefined || isFresh(namespace);
}

/** Notes what this round would have written, in the place of what an earlier one would have. */
export function putOff(
  context: AgentContext,
  namespace: NetworkNamespace,
  configs: Partial<Record<IpFamily, ProxyConfig>>,
): void {
  const objects = objectsIn(context.store);
  const read = `${keyOfList(objects.services)} ${keyOfList(objects.slices)}`;
  const before = putOffOf(context);
  context.memory[KEY] = { read, configs } satisfies PutOff;
  namespace.isDormant = true;
  // Where its jumps stand among the rules of others is a matter of when they are written.
  if (!before && context.options.proxyMode === 'iptables') {
    if (configs.IPv4) ensureJumps(namespace.ruleset);
    if (configs.IPv6) ensureJumps(namespace.ruleset6);
  }
  if (before?.read === read) return;
  const reads = readsOf(context);
  (reads[read] ??= { ...objects, nodes: 0 }).nodes += 1;
  if (before) letGo(reads, before.read);
}

/** Writes what was put off, as it would have been written. From now on rounds are written at once. */
export function writePutOff(context: AgentContext): void {
  const namespace = context.network.namespaces[context.node];
  const found = putOffOf(context);
  if (!namespace || !found) return;
  delete context.memory[KEY];
  const reads = readsOf(context);
  const objects = reads[found.read];
  for (const config of Object.values(found.configs)) {
    if (!objects) continue;
    const { view } = viewObjects(objects, config.family);
    syncFamily(context, namespace, view, config);
  }
  letGo(reads, found.read);
}
