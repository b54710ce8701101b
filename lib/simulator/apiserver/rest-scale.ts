import { kindKey } from '../api/kinds.ts';
import { formatLabelSelector } from '../api/meta/label-selector.ts';
import type { Deployment } from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import { invalid, type FieldProblem } from '../api/schema/field-problem.ts';
import { decodeObject } from './decode-object.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { parseBody } from './read-body.ts';
import type { ResourcePath } from './request-path.ts';
import { jsonResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import {
  badRequest,
  conflict,
  invalidStatus,
  notFound,
  OBJECT_MODIFIED,
  statusFailure,
} from './status.ts';

type Scalable = Deployment | ReplicaSet;

interface Scale {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: { readonly replicas?: number };
}

const SCALE_KIND = { group: 'autoscaling', plural: 'scales', kind: 'Scale' };

/** autoscaling/v1 Scale of a workload. */
function scaleOf({ metadata, spec, status }: Scalable) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec.replicas === 0 ? {} : { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, selector: formatLabelSelector(spec.selector) },
  };
}

function readScale(request: RestRequest, object: Scalable): Scale | string {
  const parsed = parseBody(request.body ?? '');
  if (!parsed.ok) return parsed.status.message ?? '';
  // Simplified: a JSON patch of a scale is not read; kubectl sends merge patches.
  const body =
    request.method === 'PATCH' ? applyMergePatch(scaleOf(object), parsed.value) : parsed.value;
  const { value, mismatch } = decodeObject(
    (body ?? {}) as Record<string, unknown>,
    'autoscaling.Scale',
  );
  if (mismatch !== undefined) {
    return `Scale in version "v1" cannot be handled as a Scale: ${mismatch}`;
  }
  return value as Scale;
}

/** GET, PUT and PATCH of `/scale`: the number of replicas and nothing else. */
export function handleScale(
  request: RestRequest,
  path: ResourcePath,
  query: ReadonlyMap<string, readonly string[]>,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '' } = path;
  const object = server.store.get<Scalable>(kindKey(kind), namespace, name);
  if (!object) return statusResponse(notFound(kind, name));
  if (request.method === 'GET') return jsonResponse(200, scaleOf(object));
  if (request.method !== 'PUT' && request.method !== 'PATCH') {
    return statusResponse(
      statusFailure(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      ),
    );
  }
  const scale = readScale(request, object);
  if (typeof scale === 'string') return statusResponse(badRequest(scale));
  const version = scale.metadata?.resourceVersion;
  if (version && version !== object.metadata.resourceVersion) {
    return statusResponse(conflict(kind, name, OBJECT_MODIFIED));
  }
  const replicas = scale.spec?.replicas ?? 0;
  const problems: FieldProblem[] =
    replicas < 0 ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')] : [];
  if (problems.length > 0) return statusResponse(invalidStatus(SCALE_KIND, name, problems));
  const store = query.get('dryRun')?.includes('All') ? server.store.dryRun() : server.store;
  const written = store.update<Scalable>({
    ...object,
    spec: { ...object.spec, replicas },
  } as Scalable);
  return written.ok ? jsonResponse(200, scaleOf(written.value)) : statusResponse(written.status);
}
