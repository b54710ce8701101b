import type { Chapter } from '../kubectl-case.ts';
import {
  BAD,
  BAD_CLUSTER,
  CLUSTER_POLICIES,
  HOST_BITS,
  NETPOLS,
  UNKNOWN,
} from './policy-manifests.ts';
import { SHOP } from './shop.ts';

/** Policies that the API refuses, changes and deletions. */
export const POLICY_WRITES: Chapter = {
  name: 'policy-writes',
  manifests: [SHOP, NETPOLS, CLUSTER_POLICIES],
  files: {
    'bad.yaml': BAD,
    'bad-cluster.yaml': BAD_CLUSTER,
    'unknown.yaml': UNKNOWN,
    'host-bits.yaml': HOST_BITS,
  },
  cases: [
    {
      line: 'kubectl apply -f bad.yaml',
      exit: 1,
      stderr: `The NetworkPolicy "bad" is invalid: 
* spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to \`port\`
* spec.ingress[0].ports[1].endPort: Invalid value: 90: may not be specified when \`port\` is non-numeric
* spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
* spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "192.168.0.0/16": must be a strict subset of \`cidr\`
* spec.policyTypes[0]: Unsupported value: "Ingres": supported values: "Ingress", "Egress"
`,
    },
    {
      line: 'kubectl apply -f bad-cluster.yaml',
      exit: 1,
      stderr: `The ClusterNetworkPolicy "bad" is invalid: 
* spec.priority: Invalid value: 1001: spec.priority in body should be less than or equal to 1000
* spec.egress[0].to[0].networks[0]: Invalid value: "10.0.0.1": Invalid CIDR format provided
`,
    },
    {
      line: 'kubectl create -f bad-cluster.yaml',
      exit: 1,
      stderr: `The ClusterNetworkPolicy "bad" is invalid: 
* spec.priority: Invalid value: 1001: spec.priority in body should be less than or equal to 1000
* spec.egress[0].to[0].networks[0]: Invalid value: "10.0.0.1": Invalid CIDR format provided
`,
    },
    {
      line: 'kubectl apply -f unknown.yaml',
      exit: 1,
      stderr: `Error from server (BadRequest): error when creating "unknown.yaml": AdminNetworkPolicy in version "v1alpha1" cannot be handled as a AdminNetworkPolicy: strict decoding error: unknown field "spec.tier"
`,
    },
    {
      line: 'kubectl create -f unknown.yaml --validate=warn',
      stdout: `adminnetworkpolicy.policy.networking.k8s.io/typo created
`,
      stderr: `Warning: unknown field "spec.tier"
`,
    },
    {
      line: 'kubectl apply -f host-bits.yaml',
      stdout: `networkpolicy.networking.k8s.io/loose created
`,
      stderr: `Warning: spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)
`,
    },
    {
      line: 'kubectl get netpol bad -n shop',
      exit: 1,
      stderr: `Error from server (NotFound): networkpolicies.networking.k8s.io "bad" not found
`,
    },
    {
      line: `kubectl patch anp guard --type=merge -p '{"spec":{"priority":20}}'`,
      stdout: `adminnetworkpolicy.policy.networking.k8s.io/guard patched
`,
    },
    {
      line: `kubectl patch anp guard -p '{"spec":{"priority":30}}'`,
      exit: 1,
      stderr: `error: application/strategic-merge-patch+json is not supported by policy.networking.k8s.io/v1alpha1, Kind=AdminNetworkPolicy: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
`,
    },
    {
      line: `kubectl patch cnp floor --type=merge -p '{"spec":{"tier":"Network"}}'`,
      exit: 1,
      stderr: `The ClusterNetworkPolicy "floor" is invalid: 
* spec.tier: Unsupported value: "Network": supported values: "Admin", "Baseline"
* <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation
`,
    },
    {
      line: `kubectl patch netpol shut -n shop -p '{"spec":{"policyTypes":["Ingress","Egress"]}}'`,
      stdout: `networkpolicy.networking.k8s.io/shut patched
`,
    },
    {
      line: `kubectl patch netpol shut -n shop --type=json -p '[{"op":"add","path":"/spec/ingress","value":[{"ports":[{"port":70000}]}]}]'`,
      exit: 1,
      stderr: `The NetworkPolicy "shut" is invalid: spec.ingress[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive
`,
    },
    {
      line: 'kubectl get netpol shut -n shop -o jsonpath={.spec}',
      stdout: `{"podSelector":{},"policyTypes":["Ingress","Egress"]}`,
    },
    {
      line: 'kubectl label anp guard team=platform',
      stdout: `adminnetworkpolicy.policy.networking.k8s.io/guard labeled
`,
    },
    {
      line: 'kubectl annotate cnp floor note=ground',
      stdout: `clusternetworkpolicy.policy.networking.k8s.io/floor annotated
`,
    },
    {
      line: 'kubectl delete banp default',
      stdout: `baselineadminnetworkpolicy.policy.networking.k8s.io "default" deleted
`,
    },
    {
      line: 'kubectl delete netpol,anp --all -n shop',
      stdout: `networkpolicy.networking.k8s.io "loose" deleted from shop namespace
networkpolicy.networking.k8s.io "out" deleted from shop namespace
networkpolicy.networking.k8s.io "shut" deleted from shop namespace
networkpolicy.networking.k8s.io "web" deleted from shop namespace
adminnetworkpolicy.policy.networking.k8s.io "guard" deleted
adminnetworkpolicy.policy.networking.k8s.io "typo" deleted
`,
      other: {
        '1.33': {
          stdout: `networkpolicy.networking.k8s.io "loose" deleted
networkpolicy.networking.k8s.io "out" deleted
networkpolicy.networking.k8s.io "shut" deleted
networkpolicy.networking.k8s.io "web" deleted
adminnetworkpolicy.policy.networking.k8s.io "guard" deleted
adminnetworkpolicy.policy.networking.k8s.io "typo" deleted
`,
        },
      },
      stderr: `Warning: deleting cluster-scoped resources, not scoped to the provided namespace
`,
    },
    {
      line: 'kubectl delete cnp floor unknown',
      exit: 1,
      stdout: `clusternetworkpolicy.policy.networking.k8s.io "floor" deleted
`,
      stderr: `Error from server (NotFound): clusternetworkpolicies.policy.networking.k8s.io "unknown" not found
`,
    },
    {
      line: 'kubectl get anp,banp,cnp',
      stderr: `No resources found
`,
    },
  ],
};
