import type { Scenario } from '#lib/simulator/index.ts';

const MANIFEST = `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, labels: { app: web } }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: registry.k8s.io/e2e-test-images/agnhost:2.57
          args: [netexec, --http-port=8080]
          ports: [{ containerPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: catalog, namespace: shop, labels: { app: catalog } }
spec:
  replicas: 2
  selector: { matchLabels: { component: catalog } }
  template:
    metadata: { labels: { component: catalog, app: catalog } }
    spec:
      containers:
        - name: catalog
          image: registry.k8s.io/e2e-test-images/agnhost:2.57
          args: [netexec, --http-port=8080]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /hostname, port: http }, periodSeconds: 5 }
---
apiVersion: v1
kind: Service
metadata: { name: catalog, namespace: shop }
spec:
  clusterIP: 10.96.40.17
  selector: { app: catalog }
  ports: [{ name: http, port: 80, targetPort: http }]
`;

/** A small shop: one client, a Service with two pods behind it. The first page starts here. */
export const SHOP_SCENARIO: Scenario = {
  name: 'shop',
  manifests: [MANIFEST],
  namespace: 'shop',
};

/** Where the open sandbox begins: the shop, on nodes that make rules of policies. */
export const OPEN_SCENARIO: Scenario = {
  ...SHOP_SCENARIO,
  cluster: { networkPolicies: 'enforced' },
};
