export const NETPOLS = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop, labels: {team: web}, annotations: {note: shop front}}
spec:
  podSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: NotIn, values: [db, cache]}]}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: client}}
    - namespaceSelector: {matchLabels: {team: web}}
      podSelector: {matchExpressions: [{key: app, operator: Exists}]}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}
    ports:
    - {port: http}
    - {port: 8000, endPort: 8100}
    - {protocol: UDP}
  - {}
  egress:
  - to:
    - ipBlock: {cidr: "2001:db8::/32"}
    - namespaceSelector: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress]}
`;

export const CLUSTER_POLICIES = `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: guard}
spec:
  priority: 10
  subject: {pods: {namespaceSelector: {matchLabels: {team: web}}, podSelector: {}}}
  ingress:
  - name: no-strangers
    action: Deny
    from: [{namespaces: {matchExpressions: [{key: team, operator: DoesNotExist}]}}]
    ports: [{portNumber: {port: 80}}, {portRange: {start: 8000, end: 8100, protocol: UDP}}, {namedPort: http}]
  egress:
  - {action: Pass, to: [{nodes: {}}, {networks: [10.0.0.0/8, "::/0"]}, {domainNames: ["*.example.com"]}]}
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: floor, labels: {team: platform}}
spec:
  tier: Baseline
  priority: 100
  subject: {namespaces: {}}
  egress:
  - action: Accept
    to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}}]
    protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {range: {start: 53, end: 54}}}}]
`;

export const BAD = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bad, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingres]
  ingress:
  - from: [{ipBlock: {cidr: 10.0.0.0/33}}, {ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]
    ports: [{port: 90, endPort: 80}, {port: http, endPort: 90}]
`;

export const BAD_CLUSTER = `
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: bad}
spec:
  tier: Admin
  priority: 1001
  subject: {namespaces: {}}
  egress:
  - {action: Deny, to: [{networks: [10.0.0.1]}]}
`;

export const UNKNOWN = `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: typo}
spec: {priority: 1, tier: Admin, subject: {namespaces: {}}}
`;

export const HOST_BITS = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: loose, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]}
`;
