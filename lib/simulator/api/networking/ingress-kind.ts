import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import { INGRESS_CLASS_ANNOTATION, type Ingress } from './ingress.ts';
import { validateIngress } from './validate-ingress.ts';

/** The Hosts column: three of them, `*` when no rule names one (printers.go `formatHosts`). */
function hostsText({ spec: { rules = [] } }: Ingress): string {
  const hosts = rules.slice(0, 3).flatMap(({ host }) => host || []);
  if (hosts.length === 0) return '*';
  // As upstream does it: the fourth rule counts once three hosts are written.
  const rest = hosts.length === 3 ? rules.length - 3 : 0;
  return `${hosts.join(',')}${rest > 0 ? ` + ${rest} more...` : ''}`;
}

const addressText = ({ status }: Ingress) =>
  [...new Set((status?.loadBalancer?.ingress ?? []).flatMap((at) => at.ip || at.hostname || []))]
    .sort()
    .join(',');

/** On creation alone: the old annotation may not contradict the field. */
function validateClass({ metadata, spec }: Ingress): FieldProblem[] {
  const named = metadata.annotations?.[INGRESS_CLASS_ANNOTATION];
  if (named === undefined || spec.ingressClassName === undefined) return [];
  if (named === spec.ingressClassName || metadata.resourceVersion !== undefined) return [];
  const detail = 'must match `ingressClassName` when both are specified';
  return [invalid(`annotations.${INGRESS_CLASS_ANNOTATION}`, named, detail)];
}

export const INGRESS: KindDescription<Ingress> = {
  ...PLAIN_KIND,
  kind: 'Ingress',
  group: 'networking.k8s.io',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  type: 'networking.Ingress',
  description: 'An Ingress says which Service answers HTTP requests, by host and path.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Class', 'Who serves it.', ({ spec }: Ingress) => spec.ingressClassName ?? '<none>'),
    column('Hosts', 'Hosts of its rules.', hostsText),
    column('Address', 'Where it is served.', addressText),
    column('Ports', 'Ports it is served on.', ({ spec }: Ingress) =>
      (spec.tls ?? []).length > 0 ? '80, 443' : '80',
    ),
    AGE_COLUMN,
  ],
  setDefaults(ingress) {
    ingress.spec ??= {};
  },
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  validate: (ingress) => [...validateIngress(ingress), ...validateClass(ingress)],
  generationOf: ({ spec }) => spec,
};
