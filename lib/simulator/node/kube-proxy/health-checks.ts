import { cidrContains } from '../../base/cidr.ts';
import { killProcess, startProcess } from '../../linux/process.ts';
import type { AgentContext } from '../agent.ts';
import { ENDPOINTS_FILE, HEALTH_PROGRAM } from './health-program.ts';
import { isEveryAddress, type ProxyConfig } from './proxy-config.ts';
import type { ServedService, ServiceView } from './service-view.ts';

/** Service → the process that answers for it. */
type Listeners = Record<string, { readonly pid: number; readonly port: number }>;

function listenersOf({ memory }: AgentContext): Listeners {
  const found = memory['healthChecks'] ?? {};
  memory['healthChecks'] = found;
  return found as Listeners;
}

interface CheckedService {
  readonly service: ServedService;
  readonly port: number;
}

/** What was found in a view, which all nodes share. */
const known = new WeakMap<ServiceView, ReadonlyMap<string, CheckedService>>();

/** The Services that have a health-check node port, by key. */
function checkedServices(view: ServiceView): ReadonlyMap<string, CheckedService> {
  const found = known.get(view);
  if (found) return found;
  const checked = new Map<string, CheckedService>();
  for (const service of view.services) {
    const { key, healthCheckNodePort: port } = service;
    if (port !== undefined) checked.set(key, { service, port });
  }
  known.set(view, checked);
  return checked;
}

/** Ready endpoints on the node, each address once (LocalReadyEndpoints). */
function countLocal({ ports }: ServedService, node: string): number {
  const local = ports
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ isReady, nodeName }) => isReady && nodeName === node);
  return new Set(local.map(({ address }) => address)).size;
}

function listen(service: ServedService, port: number, config: ProxyConfig, context: AgentContext) {
  const [namespace = '', name = ''] = service.key.split('/');
  const addresses = isEveryAddress(config)
    ? []
    : config.localAddresses.filter((address) =>
        config.nodePortAddresses.some((cidr) => cidrContains(cidr, address)),
      );
  return startProcess(context.network, context.environment, {
    program: HEALTH_PROGRAM.name,
    args: [namespace, name, String(port), ...addresses],
    namespace: context.node,
    hostname: context.node,
    files: {},
    environment: {},
    because: { kind: 'Service', namespace, name, detail: 'health check node port' },
  });
}

function close(listeners: Listeners, key: string, { network, environment }: AgentContext): void {
  const listener = listeners[key];
  delete listeners[key];
  if (listener) killProcess(network, environment, listener.pid);
}

/**
 * Opens and closes the health-check node ports of this node and says how many endpoints are here. A port that is taken
 * on the node stays closed.
 * Source: SyncServices and SyncEndpoints of pkg/proxy/healthcheck/service_health.go.
 */
export function syncHealthChecks(
  context: AgentContext,
  view: ServiceView,
  config: ProxyConfig,
): void {
  const listeners = listenersOf(context);
  const wanted = checkedServices(view);
  for (const [key, { port }] of Object.entries(listeners)) {
    if (wanted.get(key)?.port !== port) close(listeners, key, context);
  }
  for (const [key, { service, port }] of wanted) {
    const { pid } = (listeners[key] ??= { pid: listen(service, port, config, context), port });
    const files = context.network.processes[pid]?.files;
    if (files) files[ENDPOINTS_FILE] = String(countLocal(service, context.node));
  }
}

/** The process of kube-proxy ends, and its listeners with it. */
export function closeHealthChecks(context: AgentContext): void {
  const listeners = listenersOf(context);
  for (const key of Object.keys(listeners)) close(listeners, key, context);
}
