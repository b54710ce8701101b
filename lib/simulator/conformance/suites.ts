import { cniHostlocalIpam } from './cni-hostlocal-ipam.ts';
import { cnpConformance } from './cnp-conformance.ts';
import { corednsQueries } from './coredns-queries.ts';
import { cyclonusNetpol } from './cyclonus-netpol.ts';
import { k8sE2eNetpol } from './k8s-e2e-netpol.ts';
import { kubeproxyCategorizeEndpoints } from './kubeproxy-categorize-endpoints.ts';
import { kubeproxyFlows } from './kubeproxy-flows.ts';
import { kubeproxyRules } from './kubeproxy-rules.ts';
import { knpPacketTables } from './knp-packet-tables.ts';
import { kubernetesFields } from './kubernetes-fields.ts';
import { npaPolicyAssistant } from './npa-policy-assistant.ts';
import { npguardConnlist } from './npguard-connlist.ts';
import type { Suite } from './suite.ts';

/** Every suite that we answer. A further one: one file here beside, one line below, its floor in floor.json. */
export const SUITES: readonly Suite[] = [
  cniHostlocalIpam,
  corednsQueries,
  kubeproxyFlows,
  kubeproxyRules,
  kubeproxyCategorizeEndpoints,
  kubernetesFields,
  k8sE2eNetpol,
  cyclonusNetpol,
  knpPacketTables,
  npaPolicyAssistant,
  cnpConformance,
  npguardConnlist,
];
