import { formatSocketAddress } from '../../base/flow.ts';
import { dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { fill } from './pod-defaults.ts';
import type { Endpoints } from './endpoints.ts';

const SHOWN = 3;

/** `10.0.1.2:80,10.0.1.3:80 + 2 more...`: at most three, then a count; `<none>` (pkg/printers `formatEndpoints`). */
export function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const addresses = subsets.flatMap(({ addresses: list = [], ports = [] }) =>
    ports.length === 0
      ? list.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          list.map(({ ip }) => formatSocketAddress({ address: ip, port })),
        ),
  );
  const more = addresses.length > SHOWN ? ` + ${addresses.length - SHOWN} more...` : '';
  return `${addresses.slice(0, SHOWN).join(',')}${more}`;
}

export const ENDPOINTS: KindDescription<Endpoints> = {
  kind: 'Endpoints',
  group: '',
  version: 'v1',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  isNamespaced: true,
  type: 'core.Endpoints',
  description:
    'Endpoints list the addresses behind a Service. Deprecated since 1.33 in favour of EndpointSlice.',
  subresources: [],
  columns: [NAME_COLUMN, column('Endpoints', 'Ready addresses.', endpointsText), AGE_COLUMN],
  fieldLabels: {},
  nameProblems: dnsSubdomainProblems,
  setDefaults({ subsets = [] }) {
    for (const port of subsets.flatMap(({ ports = [] }) => ports)) fill(port, 'protocol', 'TCP');
  },
  prepareForCreate: () => undefined,
  validate: () => [],
  validateUpdate: () => [],
};
