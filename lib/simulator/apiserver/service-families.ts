import { cidrsOf, parseCidr } from '../base/cidr.ts';
import { ipVersion } from '../base/ip.ts';
import type { Service, ServiceSpec } from '../api/core/service.ts';
import { invalid, type FieldProblem } from '../api/schema/field-problem.ts';

export type IpFamily = NonNullable<ServiceSpec['ipFamilies']>[number];

const familyOf = (version: 4 | 6 | undefined): IpFamily => (version === 6 ? 'IPv6' : 'IPv4');
const otherThan = (family: IpFamily): IpFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4');

/** The families of the cluster's Service ranges, the primary one first. */
export const serviceFamilies = (serviceCidr: string): readonly IpFamily[] =>
  cidrsOf(serviceCidr).map((cidr) => familyOf(parseCidr(cidr)?.version));

const isHeadless = ({ clusterIPs }: ServiceSpec) => clusterIPs?.[0] === 'None';
const hasSelector = ({ selector }: ServiceSpec) => Object.keys(selector ?? {}).length > 0;

/** What the Service says by the addresses and families it names, when it says nothing of a policy. */
function inferPolicy(spec: ServiceSpec): NonNullable<ServiceSpec['ipFamilyPolicy']> {
  const named = Math.max(spec.clusterIPs?.length ?? 0, spec.ipFamilies?.length ?? 0);
  if (named > 1 || (isHeadless(spec) && !hasSelector(spec))) return 'RequireDualStack';
  return 'SingleStack';
}

function problemsOf(spec: ServiceSpec, available: readonly IpFamily[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { ipFamilyPolicy: policy } = spec;
  const refuse = (detail: string) => invalid('spec.ipFamilyPolicy', policy, detail);
  if (policy === 'SingleStack') {
    const must = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    if ((spec.clusterIPs?.length ?? 0) > 1)
      problems.push(refuse(`${must} cluster IPs are specified`));
    if ((spec.ipFamilies?.length ?? 0) > 1)
      problems.push(refuse(`${must} IP families are specified`));
  }
  if (policy === 'RequireDualStack' && available.length < 2) {
    problems.push(refuse('this cluster is not configured for dual-stack services'));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (!available.includes(family)) {
      problems.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
    }
  }
  return problems;
}

/**
 * Decides the IP families of a Service and its policy, in place, by what it names and what the cluster has.
 * Source: pkg/registry/core/service/storage/alloc.go, `initIPFamilyFields`.
 */
export function initIpFamilies({ spec }: Service, serviceCidr: string): FieldProblem[] {
  if (spec.type === 'ExternalName') return [];
  const available = serviceFamilies(serviceCidr);
  spec.ipFamilyPolicy ??= inferPolicy(spec);
  const addresses = (spec.clusterIPs ?? []).filter((ip) => ipVersion(ip) !== undefined);
  const families = (spec.ipFamilies ??= []);
  for (const ip of addresses.slice(families.length)) families.push(familyOf(ipVersion(ip)));
  const wantsBoth = spec.ipFamilyPolicy !== 'SingleStack';
  const fillUp = () => {
    if (families.length === 0) families.push(available[0] ?? 'IPv4');
    if (wantsBoth && families.length === 1) families.push(otherThan(families[0] ?? 'IPv4'));
  };
  if (isHeadless(spec) && !hasSelector(spec)) {
    // Its endpoints are written by hand: they may be of families that the cluster's own pods have not.
    fillUp();
    return [];
  }
  const problems = problemsOf(spec, available);
  if (problems.length > 0) return problems;
  if (available.length > 1) fillUp();
  else if (families.length === 0) families.push(available[0] ?? 'IPv4');
  return [];
}
