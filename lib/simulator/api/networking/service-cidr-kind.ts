import { parseCidr } from '../../base/cidr.ts';
import { isSameJson } from '../../base/same-json.ts';
import { ipProblems, validateCidr } from '../meta/address-problems.ts';
import { dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { IPAddress, ServiceCIDR } from './service-cidr.ts';
import { validateSegment } from './validate-reference.ts';

const IMMUTABLE = 'field is immutable';

function validateServiceCidr({ spec: { cidrs = [] } }: ServiceCIDR): FieldProblem[] {
  const field = 'spec.cidrs';
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(field, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const problems = cidrs.flatMap((cidr, index) => validateCidr(cidr, `${field}[${index}]`));
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.version);
  if (second !== undefined && first === second) {
    const detail =
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    problems.push(invalid(field, cidrs, detail));
  }
  return problems;
}

/** A range stays; one of the other family may be added once (`ValidateServiceCIDRUpdate`). */
function validateServiceCidrUpdate(
  { spec: { cidrs = [] } }: ServiceCIDR,
  { spec: { cidrs: before = [] } }: ServiceCIDR,
): FieldProblem[] {
  const isLonger = before.length === 1 && cidrs.length === 2;
  if (cidrs.length !== before.length && !isLonger) {
    return [invalid('spec.cidrs', cidrs, IMMUTABLE)];
  }
  return before.flatMap((cidr, index) =>
    cidr === cidrs[index] ? [] : [invalid(`spec.cidrs[${index}]`, cidrs[index], IMMUTABLE)],
  );
}

export const SERVICE_CIDR: KindDescription<ServiceCIDR> = {
  ...PLAIN_KIND,
  kind: 'ServiceCIDR',
  group: 'networking.k8s.io',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  isNamespaced: false,
  type: 'networking.ServiceCIDR',
  description: 'A ServiceCIDR is a range that Services get their addresses of.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('CIDRs', 'The range, of each family.', ({ spec }: ServiceCIDR) =>
      (spec.cidrs ?? []).join(','),
    ),
    AGE_COLUMN,
  ],
  setDefaults(range) {
    range.spec ??= {};
  },
  prepareForCreate(range) {
    range.status = {};
  },
  validate: validateServiceCidr,
  validateUpdate: validateServiceCidrUpdate,
};

function validateIpAddress({ spec: { parentRef } }: IPAddress): FieldProblem[] {
  const field = 'spec.parentRef';
  if (!parentRef) return [required(field)];
  const { group, resource, name, namespace } = parentRef;
  return [
    ...(group ? dnsSubdomainProblems(group) : []).map((p) => invalid(`${field}.group`, group, p)),
    ...validateSegment(resource, `${field}.resource`),
    ...validateSegment(name, `${field}.name`),
    ...(namespace ? validateSegment(namespace, `${field}.namespace`) : []),
  ];
}

/** `services/default/kubernetes`, the ParentRef column. */
function parentText({ spec: { parentRef } }: IPAddress): string {
  if (!parentRef) return '<none>';
  const { group, resource, namespace, name } = parentRef;
  return [group ? `${resource}.${group}` : resource, namespace, name].filter(Boolean).join('/');
}

export const IP_ADDRESS: KindDescription<IPAddress> = {
  ...PLAIN_KIND,
  kind: 'IPAddress',
  group: 'networking.k8s.io',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  isNamespaced: false,
  type: 'networking.IPAddress',
  description: 'An IPAddress says that an address of a Service range is taken, and by whom.',
  columns: [NAME_COLUMN, column('ParentRef', 'Who has the address.', parentText)],
  nameProblems: ipProblems,
  setDefaults(address) {
    address.spec ??= {};
  },
  validate: validateIpAddress,
  validateUpdate: ({ spec }, previous) =>
    isSameJson(spec.parentRef, previous.spec.parentRef)
      ? []
      : [invalid('spec.parentRef', spec.parentRef, IMMUTABLE)],
};
