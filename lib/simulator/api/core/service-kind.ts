import { dns1035LabelProblems } from '../meta/names.ts';
import { formatLabels } from '../meta/label-selector.ts';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { Service } from './service.ts';
import { prepareServiceUpdate, setServiceDefaults } from './service-defaults.ts';
import { validateService, validateServiceUpdate } from './validate-service.ts';

function externalIpText({ spec, status }: Service): string {
  const external = spec.externalIPs?.join(',') ?? '';
  switch (spec.type) {
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname ?? '');
      const all = [...ingress, ...(spec.externalIPs ?? [])].filter((text) => text !== '');
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ClusterIP':
    case 'NodePort':
    case undefined:
    default:
      return external || '<none>';
  }
}

/** `80:30080/TCP,443/TCP`, the PORT(S) column. */
export function servicePortsText({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.length > 0 ? ports.join(',') : '<none>';
}

export const SERVICE: KindDescription<Service> = {
  kind: 'Service',
  group: '',
  version: 'v1',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  isNamespaced: true,
  type: 'core.Service',
  description:
    'A Service gives a changing set of pods one stable name and address, and says on which ports it answers.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Type', 'How the Service can be reached.', ({ spec }: Service) => spec.type ?? ''),
    column('Cluster-IP', 'The virtual address inside the cluster.', ({ spec }: Service) => {
      return spec.clusterIP || '<none>';
    }),
    column('External-IP', 'Addresses from outside the cluster.', externalIpText),
    column('Port(s)', 'Port, node port and protocol.', servicePortsText),
    AGE_COLUMN,
    wideColumn('Selector', 'Labels of the pods behind the Service.', ({ spec }: Service) =>
      formatLabels(spec.selector),
    ),
  ],
  fieldLabels: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  nameProblems: dns1035LabelProblems,
  setDefaults: setServiceDefaults,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate: prepareServiceUpdate,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
};
