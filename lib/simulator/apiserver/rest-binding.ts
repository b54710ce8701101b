import { formatTimestamp } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import { notSupported, required, type FieldProblem } from '../api/schema/field-problem.ts';
import { readSent } from './read-sent.ts';
import type { ResourcePath } from './request-path.ts';
import { jsonResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import { conflict, invalidStatus, notFound } from './status.ts';

const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

const BINDINGS = { group: '', plural: 'pods/binding', kind: 'Binding' };

interface Binding {
  readonly target?: { readonly kind?: string; readonly name?: string };
}

function problemsOf({ target = {} }: Binding): FieldProblem[] {
  const { kind = '', name = '' } = target;
  return [
    ...(kind === '' || kind === 'Node'
      ? []
      : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(name === '' ? [required('target.name', '')] : []),
  ];
}

/** POST of `/binding`: puts a pod on a node, as a scheduler does. Source: pkg/registry/core/pod/storage/storage.go. */
export function handleBinding(
  request: RestRequest,
  path: ResourcePath,
  query: ReadonlyMap<string, readonly string[]>,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '' } = path;
  const sent = readSent(request);
  if (!sent.ok) return statusResponse(sent.status);
  const binding = (sent.value ?? {}) as Binding;
  const problems = problemsOf(binding);
  if (problems.length > 0) return statusResponse(invalidStatus(BINDINGS, name, problems));
  const store = query.get('dryRun')?.includes('All') ? server.store.dryRun() : server.store;
  const pod = store.get<Pod>('Pod', namespace, name);
  if (!pod) return statusResponse(notFound(kind, name));
  const refuse = (why: string) => statusResponse(conflict(BINDINGS, name, why));
  if (pod.metadata.deletionTimestamp !== undefined) {
    return refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    return refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  if (pod.spec.schedulingGates?.length) {
    return refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  const nodeName = binding.target?.name ?? '';
  const bound = store.update<Pod>({ ...pod, spec: { ...pod.spec, nodeName } });
  if (!bound.ok) return statusResponse(bound.status);
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const scheduled = {
    type: 'PodScheduled',
    status: 'True' as const,
    lastProbeTime: null,
    lastTransitionTime: formatTimestamp(server.now),
  };
  const status = { ...bound.value.status, conditions: [...others, scheduled] };
  store.updateStatus<Pod>({ ...bound.value, status });
  return jsonResponse(201, CREATED);
}
