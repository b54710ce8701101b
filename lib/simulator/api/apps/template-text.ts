import type { PodTemplateSpec } from '../core/pod.ts';

/** Names of the containers, for the CONTAINERS column. */
export const containerNames = (template: PodTemplateSpec | undefined) =>
  (template?.spec.containers ?? []).map(({ name }) => name).join(',');

/** Images of the containers, for the IMAGES column. */
export const containerImages = (template: PodTemplateSpec | undefined) =>
  (template?.spec.containers ?? []).map(({ image }) => image ?? '').join(',');
