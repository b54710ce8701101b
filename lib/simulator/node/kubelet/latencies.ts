import { MILLISECOND, SECOND, type Micros } from '../../base/clock.ts';
import { nextInt, type RandomState } from '../../base/random.ts';

/**
 * How long the kubelet's steps take in the simulation: the one table of them. Chosen to feel like a small healthy
 * cluster; `[shortest, longest]` are drawn from the cluster's seed.
 *
 * Simplified: real times depend on disks and registries.
 */
const LATENCIES = {
  /** Pause container, network namespace and CNI ADD. */
  sandbox: [170 * MILLISECOND, 240 * MILLISECOND],
  imagePull: [300 * MILLISECOND, 900 * MILLISECOND],
  /** Asking the registry for something that is not there. */
  imagePullFailure: [250 * MILLISECOND, 600 * MILLISECOND],
  /** From "Created" to "Started". */
  containerStart: [40 * MILLISECOND, 90 * MILLISECOND],
  /** From a process's end to the kubelet's notice (the event-less PLEG relists every second). */
  exitNotice: [200 * MILLISECOND, 1 * SECOND],
  /** From the last container's end to the removal of the pod's object. */
  podRemoval: [60 * MILLISECOND, 160 * MILLISECOND],
} as const satisfies Record<string, readonly [Micros, Micros]>;

/** Draws how long `step` takes this time, in whole milliseconds. */
export function drawLatency(step: keyof typeof LATENCIES, random: RandomState): Micros {
  const [shortest, longest] = LATENCIES[step];
  return shortest + nextInt(random, (longest - shortest) / MILLISECOND + 1) * MILLISECOND;
}
