import { kindKey } from '../api/kinds.ts';
import { formatLabels, formatLabelSelector } from '../api/meta/label-selector.ts';
import type { Deployment } from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import type { StatefulSet } from '../api/apps/stateful-set.ts';
import type { ReplicationController } from '../api/core/replication-controller.ts';
import { findPath, pathText } from '../api/apiextensions/find-path.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { invalid, type FieldProblem } from '../api/schema/field-problem.ts';
import { decodeObject } from './decode-object.ts';
import { applyJsonPatch } from './patch/json-patch.ts';
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
import { writeOptionsOf } from './write-options.ts';

type Scalable = Deployment | ReplicaSet | StatefulSet | ReplicationController;

const selectorText = (object: Scalable) =>
  object.kind === 'ReplicationController'
    ? formatLabels(object.spec.selector)
    : formatLabelSelector(object.spec.selector);

interface Scale {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: { readonly replicas?: number };
}

const SCALE_KIND = { group: 'autoscaling', plural: 'scales', kind: 'Scale' };

/** What a Scale tells of an object. */
interface Counts {
  readonly wanted: number;
  readonly present: number;
  readonly selector: string;
}

function countsOf({ custom }: KindDescription, object: KubeObject): Counts {
  if (!custom?.scale) {
    const { spec, status } = object as Scalable;
    return {
      wanted: spec.replicas ?? 1,
      present: status?.replicas ?? 0,
      selector: selectorText(object as Scalable),
    };
  }
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = custom.scale;
  const find = (path: string) => (path === '' ? undefined : findPath(object, path)[0]);
  return {
    wanted: Number(find(specReplicasPath) ?? 0),
    present: Number(find(statusReplicasPath) ?? 0),
    selector: pathText(find(labelSelectorPath)),
  };
}

/** The object with another number of replicas, and nothing else changed. */
function withReplicas({ custom }: KindDescription, object: KubeObject, replicas: number) {
  const path = custom?.scale?.specReplicasPath ?? '.spec.replicas';
  const [last = '', ...outer] = path.split('.').slice(1).reverse();
  const change = outer.reduce<unknown>((inner, key) => ({ [key]: inner }), { [last]: replicas });
  return applyMergePatch(object, change) as KubeObject;
}

/** autoscaling/v1 Scale of a workload. */
function scaleOf(kind: KindDescription, object: KubeObject) {
  const { metadata } = object;
  const { wanted, present, selector } = countsOf(kind, object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: wanted === 0 ? {} : { replicas: wanted },
    status: { replicas: present, ...(selector === '' ? {} : { selector }) },
  };
}

function readScale(
  request: RestRequest,
  kind: KindDescription,
  object: KubeObject,
): Scale | string {
  const parsed = parseBody(request.body ?? '');
  if (!parsed.ok) return parsed.status.message ?? '';
  const isJsonPatch = request.headers?.['content-type']?.startsWith('application/json-patch');
  const scale = scaleOf(kind, object);
  const patched =
    request.method === 'PATCH' && isJsonPatch ? applyJsonPatch(scale, parsed.value) : undefined;
  if (patched && !patched.ok) return patched.message;
  const body =
    patched?.value ??
    (request.method === 'PATCH' ? applyMergePatch(scale, parsed.value) : parsed.value);
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
  const object = server.store.get(kindKey(kind), namespace, name);
  if (!object) return statusResponse(notFound(kind, name));
  if (request.method === 'GET') return jsonResponse(200, scaleOf(kind, object));
  if (request.method !== 'PUT' && request.method !== 'PATCH') {
    return statusResponse(
      statusFailure(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      ),
    );
  }
  const scale = readScale(request, kind, object);
  if (typeof scale === 'string') return statusResponse(badRequest(scale));
  const version = scale.metadata?.resourceVersion;
  if (version && version !== object.metadata.resourceVersion) {
    return statusResponse(conflict(kind, name, OBJECT_MODIFIED));
  }
  const replicas = scale.spec?.replicas ?? 0;
  const problems: FieldProblem[] =
    replicas < 0 ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')] : [];
  if (problems.length > 0) return statusResponse(invalidStatus(SCALE_KIND, name, problems));
  const operation = request.method === 'PUT' ? 'update' : 'patch';
  const options = writeOptionsOf(request, path, query, server, operation);
  if (!options.ok) return statusResponse(options.status);
  const { store, writer } = options.value;
  const written = store.update(withReplicas(kind, object, replicas), { writer });
  return written.ok
    ? jsonResponse(200, scaleOf(kind, written.value))
    : statusResponse(written.status);
}
