import type { ClusterOptions } from '../cluster-options.ts';
import { printIptablesSave } from '../linux/netfilter/print/iptables-save.ts';
import { openSandbox } from '../scenario/sandbox.ts';
import { ENGINE_VERSION } from '../scenario/transcript.ts';
import type { NodeRules } from './sample-rules.ts';

/** A shop with what beginners meet: a Service with three endpoints, a node port, a selector that matches nothing. */
const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: catalog }
spec:
  replicas: 3
  selector: { matchLabels: { app: catalog } }
  template:
    metadata: { labels: { app: catalog } }
    spec: { containers: [{ name: server, image: nginx, ports: [{ name: http, containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: catalog }
spec: { selector: { app: catalog }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: front }
spec: { type: NodePort, selector: { app: catalog }, ports: [{ port: 80, nodePort: 30080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { type: NodePort, selector: { app: katalog }, ports: [{ port: 80, nodePort: 30081 }] }
`;

/** What `sim rules` prints for every node of running clusters: the usual one, and one with a DNS cache on every node. */
export function clusterRules(): NodeRules[] {
  return [...rulesOf('cluster', {}), ...rulesOf('cluster with node caches', { nodeDns: 'cache' })];
}

function rulesOf(title: string, options: Partial<ClusterOptions>): NodeRules[] {
  const scenario = {
    name: 'kernel-rules',
    manifests: [MANIFEST],
    cluster: options,
    namespace: 'default',
  };
  const { cluster } = openSandbox({
    version: ENGINE_VERSION,
    scenario,
    seed: 'kernel-rules',
    actions: [],
  });
  cluster.settle();
  return cluster.options.nodes.flatMap(({ name }) => {
    const namespace = cluster.network.namespaces[name];
    if (namespace) cluster.wake(namespace);
    return namespace
      ? [{ node: `${title} ${name}`, text: printIptablesSave(namespace.ruleset) }]
      : [];
  });
}
