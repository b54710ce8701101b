import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import type { Store } from '../../apiserver/store.ts';

const upper = (name: string) => name.toUpperCase().replaceAll('-', '_');

/** What one Service adds: `WEB_SERVICE_HOST`, and the variables of Docker links. */
function variablesOf({ metadata, spec }: Service): Record<string, string> {
  const { clusterIP, ports = [] } = spec;
  const [first] = ports;
  if (!clusterIP || clusterIP === 'None' || !first) return {};
  const name = upper(metadata.name);
  const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  const urlOf = ({ port, protocol = 'TCP' }: typeof first) =>
    `${protocol.toLowerCase()}://${host}:${port}`;
  const variables: Record<string, string> = {
    [`${name}_SERVICE_HOST`]: clusterIP,
    [`${name}_SERVICE_PORT`]: String(first.port),
  };
  for (const port of ports) {
    if (port.name) variables[`${name}_SERVICE_PORT_${upper(port.name)}`] = String(port.port);
  }
  variables[`${name}_PORT`] = urlOf(first);
  for (const port of ports) {
    const protocol = port.protocol ?? 'TCP';
    const prefix = `${name}_PORT_${port.port}_${protocol}`;
    Object.assign(variables, {
      [prefix]: urlOf(port),
      [`${prefix}_PROTO`]: protocol.toLowerCase(),
      [`${prefix}_PORT`]: String(port.port),
      [`${prefix}_ADDR`]: clusterIP,
    });
  }
  return variables;
}

/**
 * Variables that tell a container the addresses of Services: that of the API server always, those of its own namespace
 * unless `enableServiceLinks` is off. They are those of the moment when it starts (pkg/kubelet/envvars).
 */
export function serviceVariables({ metadata, spec }: Pod, store: Store): Record<string, string> {
  const apiServer = store.get<Service>('Service', 'default', 'kubernetes');
  const own =
    spec.enableServiceLinks === false
      ? []
      : store.list<Service>('Service', { namespace: metadata.namespace ?? '' });
  const all = [...own, ...(apiServer && !own.includes(apiServer) ? [apiServer] : [])];
  return Object.assign({}, ...all.map(variablesOf)) as Record<string, string>;
}
