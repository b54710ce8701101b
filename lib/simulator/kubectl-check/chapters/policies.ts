import { like, type Chapter } from '../kubectl-case.ts';
import { CLUSTER_POLICIES, NETPOLS } from './policy-manifests.ts';
import { SHOP } from './shop.ts';

/** `kubectl describe` of the one policy that has rules of every sort. */
const WEB = `Name:         web
Namespace:    shop
Created on:   {...}
Labels:       team=web
Annotations:  note: shop front
Spec:
  PodSelector:     app=web,tier notin (cache,db)
  Allowing ingress traffic:
    To Port: http/TCP
    To Port Range: 8000-8100/TCP
    To Port: <nil>/UDP
    From:
      PodSelector: app=client
    From:
      NamespaceSelector: team=web
      PodSelector: app
    From:
      IPBlock:
        CIDR: 10.0.0.0/8
        Except: 10.1.0.0/16, 10.2.0.0/16
    ----------
    To Port: <any> (traffic allowed to all ports)
    From: <any> (traffic not restricted by source)
  Allowing egress traffic:
    To Port: <any> (traffic allowed to all ports)
    To:
      IPBlock:
        CIDR: 2001:db8::/32
        Except: 
    To:
      NamespaceSelector: <none>
  Policy Types: Ingress, Egress
`;

/** NetworkPolicies and the policies of the whole cluster, as they are read. */
export const POLICIES: Chapter = {
  name: 'policies',
  manifests: [SHOP],
  files: { 'netpols.yaml': NETPOLS, 'cluster.yaml': CLUSTER_POLICIES },
  cases: [
    {
      line: 'kubectl apply -f netpols.yaml',
      stdout: `networkpolicy.networking.k8s.io/web created
networkpolicy.networking.k8s.io/shut created
networkpolicy.networking.k8s.io/out created
`,
    },
    {
      line: 'kubectl create -f cluster.yaml',
      stdout: `adminnetworkpolicy.policy.networking.k8s.io/guard created
baselineadminnetworkpolicy.policy.networking.k8s.io/default created
clusternetworkpolicy.policy.networking.k8s.io/floor created
`,
    },
    {
      line: 'kubectl apply -f cluster.yaml',
      stdout: `adminnetworkpolicy.policy.networking.k8s.io/guard configured
baselineadminnetworkpolicy.policy.networking.k8s.io/default configured
clusternetworkpolicy.policy.networking.k8s.io/floor configured
`,
      stderr: `Warning: resource adminnetworkpolicies/guard is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
Warning: resource baselineadminnetworkpolicies/default is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
Warning: resource clusternetworkpolicies/floor is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
`,
    },
    {
      line: 'kubectl get netpol -n shop',
      stdout: like(`NAME   POD-SELECTOR                    AGE
out    <none>                          {age}
shut   <none>                          {age}
web    app=web,tier notin (cache,db)   {age}
`),
    },
    {
      line: 'kubectl get netpol -A -o wide',
      stdout: like(`NAMESPACE   NAME   POD-SELECTOR                    AGE
shop        out    <none>                          {age}
shop        shut   <none>                          {age}
shop        web    app=web,tier notin (cache,db)   {age}
`),
    },
    {
      line: 'kubectl get netpol -n shop -l team=web -o name',
      stdout: `networkpolicy.networking.k8s.io/web
`,
    },
    {
      line: 'kubectl describe netpol web -n shop',
      stdout: like(WEB),
    },
    {
      line: 'kubectl describe networkpolicies -n shop',
      stdout: like(`Name:         out
Namespace:    shop
Created on:   {...}
Labels:       <none>
Annotations:  <none>
Spec:
  PodSelector:     <none> (Allowing the specific traffic to all pods in this namespace)
  Not affecting ingress traffic
  Allowing egress traffic:
    <none> (Selected pods are isolated for egress connectivity)
  Policy Types: Egress


Name:         shut
Namespace:    shop
Created on:   {...}
Labels:       <none>
Annotations:  <none>
Spec:
  PodSelector:     <none> (Allowing the specific traffic to all pods in this namespace)
  Allowing ingress traffic:
    <none> (Selected pods are isolated for ingress connectivity)
  Not affecting egress traffic
  Policy Types: Ingress


${WEB}`),
    },
    {
      line: 'kubectl get anp,banp,cnp',
      stdout: like(`NAME                                                PRIORITY   AGE
adminnetworkpolicy.policy.networking.k8s.io/guard   10         {age}

NAME                                                          AGE
baselineadminnetworkpolicy.policy.networking.k8s.io/default   {age}

NAME                                                  TIER       PRIORITY   AGE
clusternetworkpolicy.policy.networking.k8s.io/floor   Baseline   100        {age}
`),
    },
    {
      line: 'kubectl get anp guard -o wide',
      stdout: like(`NAME    PRIORITY   AGE
guard   10         {age}
`),
    },
    {
      line: 'kubectl get cnp floor -o yaml',
      stdout: like(`apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"policy.networking.k8s.io/v1alpha2","kind":"ClusterNetworkPolicy","metadata":{"annotations":{},"labels":{"team":"platform"},"name":"floor"},"spec":{"egress":[{"action":"Accept","protocols":[{"udp":{"destinationPort":{"number":53}}},{"tcp":{"destinationPort":{"range":{"end":54,"start":53}}}}],"to":[{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}}]}],"priority":100,"subject":{"namespaces":{}},"tier":"Baseline"}}
  creationTimestamp: "{time}"
  generation: 1
  labels:
    team: platform
  name: floor
  resourceVersion: "{number}"
  uid: {uid}
spec:
  egress:
  - action: Accept
    protocols:
    - udp:
        destinationPort:
          number: 53
    - tcp:
        destinationPort:
          range:
            end: 54
            start: 53
    to:
    - pods:
        namespaceSelector: {}
        podSelector:
          matchLabels:
            k8s-app: kube-dns
  priority: 100
  subject:
    namespaces: {}
  tier: Baseline
`),
    },
    {
      line: 'kubectl describe anp guard',
      stdout: like(`Name:         guard
Namespace:    
Labels:       <none>
Annotations:  <none>
API Version:  policy.networking.k8s.io/v1alpha1
Kind:         AdminNetworkPolicy
Metadata:
  Creation Timestamp:  {time}
  Generation:          1
  Resource Version:    183
  UID:                 {uid}
Spec:
  Egress:
    Action:  Pass
    To:
      Nodes:
      Networks:
        10.0.0.0/8
        ::/0
      Domain Names:
        *.example.com
  Ingress:
    Action:  Deny
    From:
      Namespaces:
        Match Expressions:
          Key:       team
          Operator:  DoesNotExist
    Name:            no-strangers
    Ports:
      Port Number:
        Port:      80
        Protocol:  TCP
      Port Range:
        End:       8100
        Protocol:  UDP
        Start:     8000
      Named Port:  http
  Priority:        10
  Subject:
    Pods:
      Namespace Selector:
        Match Labels:
          Team:  web
      Pod Selector:
Events:  <none>
`),
    },
    {
      line: 'kubectl describe baselineadminnetworkpolicy default',
      stdout: like(`Name:         default
Namespace:    
Labels:       <none>
Annotations:  <none>
API Version:  policy.networking.k8s.io/v1alpha1
Kind:         BaselineAdminNetworkPolicy
Metadata:
  Creation Timestamp:  {time}
  Generation:          1
  Resource Version:    184
  UID:                 {uid}
Spec:
  Ingress:
    Action:  Deny
    From:
      Namespaces:
  Subject:
    Namespaces:
Events:  <none>
`),
    },
    {
      line: 'kubectl describe cnp',
      stdout: like(`Name:         floor
Namespace:    
Labels:       team=platform
Annotations:  <none>
API Version:  policy.networking.k8s.io/v1alpha2
Kind:         ClusterNetworkPolicy
Metadata:
  Creation Timestamp:  {time}
  Generation:          1
  Resource Version:    185
  UID:                 {uid}
Spec:
  Egress:
    Action:  Accept
    Protocols:
      Udp:
        Destination Port:
          Number:  53
      Tcp:
        Destination Port:
          Range:
            End:    54
            Start:  53
    To:
      Pods:
        Namespace Selector:
        Pod Selector:
          Match Labels:
            k8s-app:  kube-dns
  Priority:           100
  Subject:
    Namespaces:
  Tier:  Baseline
Events:  <none>
`),
    },
    {
      line: 'kubectl diff -f netpols.yaml',
    },
    {
      line: 'kubectl replace -f cluster.yaml',
      stdout: `adminnetworkpolicy.policy.networking.k8s.io/guard replaced
baselineadminnetworkpolicy.policy.networking.k8s.io/default replaced
clusternetworkpolicy.policy.networking.k8s.io/floor replaced
`,
    },
  ],
};
