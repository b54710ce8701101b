import type { Container } from './container.ts';
import type { PodSpec } from './pod.ts';

const COUNTED = ['cpu', 'memory'] as const;

/** A container whose limits name cpu and memory and whose requests say the same. */
function isGuaranteed({ resources = {} }: Container): boolean {
  return COUNTED.every((name) => {
    const limit = resources.limits?.[name];
    const request = resources.requests?.[name] ?? limit;
    return limit !== undefined && String(limit) === String(request);
  });
}

const asksForAnything = ({ resources = {} }: Container) =>
  COUNTED.some((name) => resources.requests?.[name] ?? resources.limits?.[name]);

/** Quality of service class (pkg/apis/core/v1/helper/qos `ComputePodQOS`). */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  if (!containers.some(asksForAnything)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}
