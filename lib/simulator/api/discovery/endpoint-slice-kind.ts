import { ipVersion } from '../../base/ip.ts';
import { fill } from '../core/pod-defaults.ts';
import { validatePortNameOf } from './validate-endpoint-port.ts';
import { dnsSubdomainProblems, portNumberProblem } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import {
  invalid,
  notSupported,
  required,
  tooMany,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { EndpointSlice } from './endpoint-slice.ts';

const SHOWN = 3;
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

/** At most three, then `+ 2 more...`; `<unset>` when there are none (pkg/printers `formatDiscoveryPorts`). */
function shorten(texts: readonly string[]): string {
  if (texts.length === 0) return '<unset>';
  const shown = texts.slice(0, SHOWN).join(',');
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}

const portsText = ({ ports }: EndpointSlice) =>
  shorten(
    (ports ?? []).map(({ name, port }) =>
      port === undefined ? (name ? name : '*') : String(port),
    ),
  );

function addressProblem(slice: EndpointSlice, address: string): string | undefined {
  switch (slice.addressType) {
    case 'IPv4':
      return ipVersion(address) === 4 ? undefined : 'must be a valid IPv4 address';
    case 'IPv6':
      return ipVersion(address) === 6 ? undefined : 'must be a valid IPv6 address';
    case 'FQDN':
      return dnsSubdomainProblems(address)[0];
  }
}

function validateEndpoints(slice: EndpointSlice): FieldProblem[] {
  if (slice.endpoints.length > 1000) return [tooMany('endpoints', slice.endpoints.length, 1000)];
  return slice.endpoints.flatMap(({ addresses }, index) => {
    const field = `endpoints[${index}].addresses`;
    if (!addresses || addresses.length === 0) {
      return [required(field, 'must contain at least 1 address')];
    }
    return addresses.flatMap((address, at) => {
      const problem = addressProblem(slice, address);
      return problem ? [invalid(`${field}[${at}]`, address, problem)] : [];
    });
  });
}

function validatePorts({ ports }: EndpointSlice): FieldProblem[] {
  const names = new Set<string>();
  return (ports ?? []).flatMap((port, index) => {
    const field = `ports[${index}]`;
    const problems = validatePortNameOf(port.name ?? '', field, names);
    if (!['SCTP', 'TCP', 'UDP'].includes(port.protocol ?? '')) {
      problems.push(notSupported(`${field}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    }
    const problem = port.port === undefined ? undefined : portNumberProblem(port.port);
    if (problem) problems.push(invalid(`${field}.port`, port.port, problem));
    return problems;
  });
}

function validateSlice(slice: EndpointSlice): FieldProblem[] {
  if (!slice.addressType) return [required('addressType')];
  if (!ADDRESS_TYPES.includes(slice.addressType)) {
    return [notSupported('addressType', slice.addressType, ADDRESS_TYPES)];
  }
  return [...validateEndpoints(slice), ...validatePorts(slice)];
}

export const ENDPOINT_SLICE: KindDescription<EndpointSlice> = {
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  type: 'discovery.EndpointSlice',
  description: 'An EndpointSlice lists some of the addresses behind a Service, with their state.',
  subresources: [],
  columns: [
    NAME_COLUMN,
    column('AddressType', 'Family of the addresses.', (slice: EndpointSlice) => slice.addressType),
    column('Ports', 'Ports that every endpoint has.', portsText),
    column('Endpoints', 'Addresses, ready or not.', ({ endpoints }: EndpointSlice) =>
      shorten(endpoints.flatMap(({ addresses }) => addresses)),
    ),
    AGE_COLUMN,
  ],
  fieldLabels: {},
  nameProblems: dnsSubdomainProblems,
  setDefaults(slice) {
    slice.endpoints ??= [];
    for (const port of slice.ports ?? []) {
      fill(port, 'name', '');
      fill(port, 'protocol', 'TCP');
    }
  },
  prepareForCreate: () => undefined,
  validate: validateSlice,
  validateUpdate: (slice, previous) =>
    slice.addressType === previous.addressType
      ? []
      : [invalid('addressType', slice.addressType, 'field is immutable')],
  generationOf: ({ endpoints, ports, metadata }) => ({ endpoints, ports, labels: metadata.labels }),
};
