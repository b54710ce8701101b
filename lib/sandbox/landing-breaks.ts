import type { Action, Transcript } from '#lib/simulator/index.ts';
import { SHOP_SCENARIO } from './shop-scenario.ts';

/** One way to break the shop on the first page: the actions are done for real, and the packet is sent after them. */
export interface LandingBreak {
  readonly id: BreakId;
  readonly word: string;
  /** What is to be understood from it, in one sentence. */
  readonly lesson: string;
  readonly actions: readonly Action[];
}

export const BREAK_IDS = ['nothing', 'label', 'target-port', 'kube-proxy', 'stale-rules'] as const;
export type BreakId = (typeof BREAK_IDS)[number];

/** The client and the address of the packet on the first page. */
export const LANDING_REQUEST = { from: 'shop/web', to: 'http://10.96.40.17' } as const;

const deployment = (label: string, revision: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: catalog, namespace: shop, labels: { app: catalog } }
spec:
  replicas: 2
  selector: { matchLabels: { component: catalog } }
  template:
    metadata: { labels: { component: catalog, app: ${label} }, annotations: { revision: "${revision}" } }
    spec:
      containers:
        - name: catalog
          image: registry.k8s.io/e2e-test-images/agnhost:2.57
          args: [netexec, --http-port=8080]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /hostname, port: http }, periodSeconds: 5 }
`;

const WRONG_PORT = `apiVersion: v1
kind: Service
metadata: { name: catalog, namespace: shop }
spec:
  clusterIP: 10.96.40.17
  selector: { app: catalog }
  ports: [{ name: http, port: 80, targetPort: 9090 }]
`;

const apply = (yaml: string): Action => ({ type: 'apply', yaml });
const command = (line: string): Action => ({ type: 'command', line });
/** Long enough for a rolling update; in microseconds, as all times of the cluster. */
const WAIT: Action = { type: 'advance', duration: 60_000_000 };
const STOP_KUBE_PROXY = ['node-a', 'node-b'].map((node) =>
  command(`ssh ${node} systemctl stop kube-proxy`),
);

export const LANDING_BREAKS: readonly LandingBreak[] = [
  {
    id: 'nothing',
    word: 'Nothing. It works',
    lesson:
      'The address of the Service is a match in a rule: the node rewrites it to a pod before it routes.',
    actions: [],
  },
  {
    id: 'label',
    word: 'Rename the pods’ label',
    lesson:
      'The pods run and are healthy, and no Service selects them. The node refuses on its behalf.',
    actions: [apply(deployment('catalogue', '2')), WAIT],
  },
  {
    id: 'target-port',
    word: 'Wrong targetPort',
    lesson:
      'The packet reaches a healthy pod, at a port where nobody listens. The pod itself says no.',
    actions: [apply(WRONG_PORT), WAIT],
  },
  {
    id: 'kube-proxy',
    word: 'Stop kube-proxy',
    lesson:
      'It still works: kube-proxy only writes the rules, and the rules are still in the kernel.',
    actions: STOP_KUBE_PROXY,
  },
  {
    id: 'stale-rules',
    word: 'Stop it, then replace the pods',
    lesson: 'The rules still name the old pods. Nobody is left to rewrite them.',
    actions: [...STOP_KUBE_PROXY, apply(deployment('catalog', '2')), WAIT],
  },
];

/** The transcript of a break, the packet included: what the page and the server both fold. */
export function landingTranscript(id: BreakId): Transcript {
  const chosen = LANDING_BREAKS.find((each) => each.id === id);
  return {
    version: 1,
    scenario: SHOP_SCENARIO,
    seed: 'hopwise',
    actions: [...(chosen?.actions ?? []), { type: 'send', ...LANDING_REQUEST }],
  };
}
