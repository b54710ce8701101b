import { NODE_LEASE_NAMESPACE, type Lease } from '../../api/coordination/lease.ts';
import type { Node } from '../../api/core/node.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Store } from '../../apiserver/store.ts';
import { formatTimestamp, MINUTE, parseTimestamp, type Micros } from '../../base/clock.ts';
import type { Image } from '../../linux/image.ts';
import { findImage } from './find-image.ts';
import { imageId, fullImageName } from './image-id.ts';
import { isRenewed, lastRenewal } from './node-lease.ts';

/** `nodeStatusReportFrequency`: how often a kubelet posts a status that has not changed. */
const REPORT = 5 * MINUTE;

interface Surroundings {
  readonly store: Store;
  readonly now: Micros;
  readonly images: Readonly<Record<string, Image>>;
  /** The names of the images on a node's disk. */
  readonly imagesOf: (node: string) => readonly string[];
}

/** Images that every node has before a pod runs there. */
const PRELOADED = ['registry.k8s.io/pause:3.10.1'];

function imagesOn(node: string, { images, imagesOf }: Surroundings) {
  const names = [...new Set([...PRELOADED, ...imagesOf(node)])];
  return names
    .flatMap((name) => {
      const image = findImage(name, images);
      if (!image) return [];
      return [{ names: [imageId(name), fullImageName(name)], sizeBytes: image.size }];
    })
    .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.names.join() < b.names.join() ? -1 : 1));
}

function presentNode(node: Node, around: Surroundings): Node {
  const { name, creationTimestamp } = node.metadata;
  const lease = around.store.get<Lease>('Lease', NODE_LEASE_NAMESPACE, name);
  const made = parseTimestamp(creationTimestamp ?? '') ?? around.now;
  const heartbeat = made + Math.floor((around.now - made) / REPORT) * REPORT;
  const isHeard = lease !== undefined && isRenewed(lease);
  const conditions = (node.status?.conditions ?? []).map((condition) => {
    const before = parseTimestamp(condition.lastHeartbeatTime ?? '');
    if (!isHeard || before === undefined || before >= heartbeat) return condition;
    return { ...condition, lastHeartbeatTime: formatTimestamp(heartbeat) };
  });
  const images = imagesOn(name, around);
  return { ...node, status: { ...node.status, conditions, images } };
}

/**
 * An object as somebody who reads it now would find it, where a kubelet keeps a part of it up to date.
 *
 * Simplified: renewals of Leases (every 10 s), heartbeats (every 5 minutes) and the list of a node's images are worked out
 * when they are read; they are no changes, so no watch hears of them and no version counts them.
 */
export function presentObject(object: KubeObject, around: Surroundings): KubeObject {
  if (object.kind === 'Node' && object.apiVersion === 'v1') {
    return presentNode(object as Node, around);
  }
  if (object.kind !== 'Lease') return object;
  const lease = object as Lease;
  if (!isRenewed(lease)) return object;
  return { ...lease, spec: { ...lease.spec, renewTime: lastRenewal(lease, around.now) } } as Lease;
}
