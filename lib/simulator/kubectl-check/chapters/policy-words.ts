import { like, type Chapter } from '../kubectl-case.ts';

/** What the API says of policies. */
export const POLICY_WORDS: Chapter = {
  name: 'policy-words',
  manifests: [],
  files: {},
  cases: [
    {
      line: 'kubectl explain netpol.spec.ingress.from',
      stdout: `GROUP:      networking.k8s.io
KIND:       NetworkPolicy
VERSION:    v1

FIELD: from <[]NetworkPolicyPeer>


DESCRIPTION:
    Who is let in: any of these peers. Left out: everybody.
    
FIELDS:
  ipBlock	<IPBlock>
    Addresses, meant for what is outside the cluster. No other field beside it.

  namespaceSelector	<LabelSelector>
    Namespaces with these labels: all of their pods, or those that podSelector
    beside it picks. An empty selector picks every namespace.

  podSelector	<LabelSelector>
    Pods with these labels: of the namespace of the policy, or of those that
    namespaceSelector picks.


`,
    },
    {
      line: 'kubectl explain anp',
      stdout: `GROUP:      policy.networking.k8s.io
KIND:       AdminNetworkPolicy
VERSION:    v1alpha1

DESCRIPTION:
    An AdminNetworkPolicy says for pods of the whole cluster, before every
    NetworkPolicy, what may pass.
    
FIELDS:
  apiVersion	<string>
    The group and version of the API that this object is written in.

  kind	<string>
    What this object is, in CamelCase.

  metadata	<ObjectMeta> -required-
    What every object has: name, labels, owners, versions.

  spec	<Object> -required-
    <no description>

  status	<Object>
    <no description>


`,
    },
    {
      line: 'kubectl explain anp.spec.egress.to',
      stdout: `GROUP:      policy.networking.k8s.io
KIND:       AdminNetworkPolicy
VERSION:    v1alpha1

FIELD: to <[]Object>


DESCRIPTION:
    Where the connection goes to: any of these peers.
    
FIELDS:
  domainNames	<[]string>
    Names that the destination was looked up by: example.com, or *.example.com
    for all below it.

  namespaces	<Object>
    Every pod of the namespaces with these labels.

  networks	<[]string>
    Networks, whoever has the addresses: pods of the cluster too.

  nodes	<Object>
    Nodes by their labels: the addresses that they have.

  pods	<Object>
    Pods by their labels and those of their namespace.


`,
    },
    {
      line: 'kubectl explain banp --recursive',
      stdout: like(`GROUP:      policy.networking.k8s.io
KIND:       BaselineAdminNetworkPolicy
VERSION:    v1alpha1

DESCRIPTION:
    The BaselineAdminNetworkPolicy says what may pass where no NetworkPolicy
    isolates a pod.
    
FIELDS:
  apiVersion	<string>
  kind	<string>
  metadata	<ObjectMeta> -required-
    annotations	<map[string]string>
    creationTimestamp	<string>
{...}    conditions	<[]Object> -required-
{...}`),
    },
    {
      line: 'kubectl explain cnp.spec',
      stdout: `GROUP:      policy.networking.k8s.io
KIND:       ClusterNetworkPolicy
VERSION:    v1alpha2

FIELD: spec <Object>


DESCRIPTION:
    <empty>
FIELDS:
  egress	<[]Object>
    What happens to connections from these pods; the first rule that matches
    counts.

  ingress	<[]Object>
    What happens to connections to these pods; the first rule that matches
    counts.

  priority	<integer> -required-
    From 0 to 1000; lower is asked first. Between two of the same priority
    nobody says which counts.

  subject	<Object> -required-
    The pods that the policy is about. Pods on their node's network are never
    among them.

  tier	<string> -required-
  enum: Admin, Baseline
    Admin: before every NetworkPolicy. Baseline: only where no NetworkPolicy
    isolates the pod.


`,
    },
    {
      line: 'kubectl explain cnp.spec.ingress.protocols.tcp',
      stdout: `GROUP:      policy.networking.k8s.io
KIND:       ClusterNetworkPolicy
VERSION:    v1alpha2

FIELD: tcp <Object>


DESCRIPTION:
    <empty>
FIELDS:
  destinationPort	<Object>
    The port that is connected to.


`,
    },
    {
      line: 'kubectl explain cnp.spec.tier',
      stdout: `GROUP:      policy.networking.k8s.io
KIND:       ClusterNetworkPolicy
VERSION:    v1alpha2

FIELD: tier <string>
ENUM:
    Admin
    Baseline

DESCRIPTION:
    Admin: before every NetworkPolicy. Baseline: only where no NetworkPolicy
    isolates the pod.
    

`,
    },
    {
      line: 'kubectl api-resources --api-group=policy.networking.k8s.io',
      stdout: `NAME                           SHORTNAMES   APIVERSION                          NAMESPACED   KIND
adminnetworkpolicies           anp          policy.networking.k8s.io/v1alpha1   false        AdminNetworkPolicy
baselineadminnetworkpolicies   banp         policy.networking.k8s.io/v1alpha1   false        BaselineAdminNetworkPolicy
clusternetworkpolicies         cnp          policy.networking.k8s.io/v1alpha2   false        ClusterNetworkPolicy
`,
    },
  ],
};
