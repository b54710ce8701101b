/** The parts of a name below a zone, as the kubernetes plug-in reads it. Absent parts are empty. */
export interface ParsedName {
  readonly kind: 'svc' | 'pod' | '';
  readonly namespace: string;
  readonly service: string;
  readonly endpoint: string;
  /** In multi-cluster zones, of an endpoint. */
  readonly cluster: string;
  readonly port: string;
  readonly protocol: string;
  /** `<zone>.<pin or prefer>._zone.<service>`: both empty for other names. */
  readonly topologyZone: string;
  readonly topologyMode: string;
}

const EMPTY: ParsedName = {
  kind: '',
  namespace: '',
  service: '',
  endpoint: '',
  cluster: '',
  port: '',
  protocol: '',
  topologyZone: '',
  topologyMode: '',
};

const withoutUnderscore = (label: string) => (label.startsWith('_') ? label.slice(1) : label);

/** Whether `name` lies in `zone` (both with a final dot); case is ignored. */
export function isInZone(name: string, zone: string): boolean {
  const [a, b] = [name.toLowerCase(), zone.toLowerCase()];
  return b === '.' || a === b || a.endsWith(`.${b}`);
}

/** The name in front of the zone, without dots around it: empty for the zone itself. */
export function nameBelow(name: string, zone: string): string {
  const rest = zone === '.' ? name : name.slice(0, name.length - zone.length);
  return rest.replace(/\.$/, '');
}

/** What two labels in front of a Service are: `zonal` ones have topology zones, `multicluster` ones other clusters. */
export type Grammar = 'flat' | 'zonal' | 'multicluster';

/**
 * Reads `port.protocol.service.namespace.svc`, `endpoint.service.namespace.svc`, `service.namespace.svc|pod`, of a
 * multi-cluster zone `endpoint.cluster.service.namespace.svc` in front of the zone. Undefined for a name the plug-in cannot hold (NXDOMAIN). Source: CoreDNS plugin/kubernetes/parse.go.
 */
export function parseName(name: string, zone: string, grammar: Grammar): ParsedName | undefined {
  const base = nameBelow(name.toLowerCase(), zone);
  if (base === '' || base === 'svc' || base === 'pod') return EMPTY;
  const labels = base.split('.').reverse();
  const [kind, namespace = '', service = '', ...rest] = labels;
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  const parsed: ParsedName = { ...EMPTY, kind, namespace, service };
  const [near = '', far = '', farthest = ''] = rest;
  if (rest.length === 3 && grammar === 'zonal' && near === '_zone' && kind === 'svc')
    return { ...parsed, topologyMode: far, topologyZone: farthest };
  if (rest.length > 2) return undefined;
  if (rest.length === 0) return parsed;
  if (rest.length === 1) return { ...parsed, endpoint: near };
  if (grammar === 'multicluster' && !near.startsWith('_') && !far.startsWith('_'))
    return { ...parsed, cluster: near, endpoint: far };
  return { ...parsed, protocol: withoutUnderscore(near), port: withoutUnderscore(far) };
}
