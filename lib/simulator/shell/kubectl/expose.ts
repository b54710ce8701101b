import type { Container } from '../../api/core/container.ts';
import { groupOf } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { formatLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import { fail, valueOf, type Call } from './call.ts';
import { FILE_FLAGS } from './apply.ts';
import { flag, type FlagSpec } from './flags.ts';
import { findObjects } from './resources.ts';
import { make } from './make.ts';

export const EXPOSE_FLAGS: readonly FlagSpec[] = [
  ...FILE_FLAGS,
  flag('name', 'string'),
  flag('port', 'string'),
  flag('target-port', 'string'),
  flag('protocol', 'string'),
  flag('type', 'string'),
  flag('cluster-ip', 'string'),
  flag('external-ip', 'string'),
  flag('selector', 'string'),
  flag('labels', 'string', 'l'),
  flag('session-affinity', 'string'),
];

interface Exposable {
  spec?: {
    selector?: LabelSelector | Record<string, string>;
    template?: { spec: { containers: Container[] } };
    containers?: Container[];
    ports?: { port: number; protocol?: string; name?: string; targetPort?: number | string }[];
  };
}

/** Labels that pick the pods of an object; a message when it has none that a Service could use. */
function selectorFor(object: KubeObject): Record<string, string> | string {
  const { spec } = object as KubeObject & Exposable;
  switch (object.kind) {
    case 'Deployment':
    case 'ReplicaSet': {
      const selector = (spec?.selector ?? {}) as LabelSelector;
      if ((selector.matchExpressions ?? []).length > 0) {
        return `couldn't convert expressions - "${formatLabelSelector(selector)}" to map-based selector format`;
      }
      return selector.matchLabels ?? {};
    }
    case 'Service':
      return spec?.selector
        ? (spec.selector as Record<string, string>)
        : `the service has no pod selector set`;
    case 'Pod':
      return Object.keys(object.metadata.labels ?? {}).length > 0
        ? (object.metadata.labels ?? {})
        : 'the pod has no labels and cannot be exposed';
    default:
      return `cannot expose a ${object.kind}${groupOf(object.apiVersion) === '' ? '' : `.${groupOf(object.apiVersion)}`}`;
  }
}

interface ExposedPort {
  readonly port: number;
  readonly protocol: string;
}

function portsOf(object: KubeObject): ExposedPort[] {
  const { spec } = object as KubeObject & Exposable;
  if (object.kind === 'Service') {
    return (spec?.ports ?? []).map(({ port, protocol = 'TCP' }) => ({ port, protocol }));
  }
  const containers = spec?.template?.spec.containers ?? spec?.containers ?? [];
  return containers.flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, protocol = 'TCP' }) => ({ port: containerPort, protocol })),
  );
}

function exposedPorts(call: Call, object: KubeObject): ExposedPort[] | undefined {
  const text = valueOf(call, 'port');
  const known = portsOf(object);
  const protocol = valueOf(call, 'protocol');
  if (text !== undefined) {
    return text.split(',').map((part) => ({
      port: Number(part),
      protocol: protocol ?? known.find(({ port }) => port === Number(part))?.protocol ?? 'TCP',
    }));
  }
  if (known.length === 0) {
    fail(call, "couldn't find port via --port flag or introspection");
    return undefined;
  }
  return known.map((port) => ({ ...port, protocol: protocol ?? port.protocol }));
}

function exposeOne(call: Call, object: KubeObject): void {
  const asked = valueOf(call, 'selector');
  const selector =
    asked === undefined
      ? selectorFor(object)
      : (Object.fromEntries(
          asked.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
        ) as Record<string, string>);
  if (typeof selector === 'string') {
    fail(
      call,
      selector.startsWith('cannot expose')
        ? selector
        : `couldn't retrieve selectors via --selector flag or introspection: ${selector}`,
    );
    return;
  }
  const ports = exposedPorts(call, object);
  if (!ports) return;
  const target = valueOf(call, 'target-port');
  const optional = {
    type: valueOf(call, 'type'),
    clusterIP: valueOf(call, 'cluster-ip'),
    sessionAffinity: valueOf(call, 'session-affinity'),
    externalIPs:
      valueOf(call, 'external-ip') === undefined ? undefined : [valueOf(call, 'external-ip')],
  };
  const labels = object.metadata.labels;
  make(
    call,
    {
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          ...(labels ? { labels } : {}),
          name: valueOf(call, 'name') ?? object.metadata.name,
        },
        spec: {
          ports: ports.map(({ port, protocol }, index) => ({
            ...(ports.length > 1 ? { name: `port-${index + 1}` } : {}),
            port,
            protocol,
            targetPort:
              target === undefined ? port : /^\d+$/.test(target) ? Number(target) : target,
          })),
          selector,
          ...Object.fromEntries(
            Object.entries(optional).filter(([, value]) => value !== undefined),
          ),
        },
        status: { loadBalancer: {} },
      },
    },
    'exposed',
  );
}

/** `kubectl expose`. */
export function expose(call: Call): void {
  const found = findObjects(call, call.flags.words);
  for (const { object } of found ?? []) exposeOne(call, object);
}
