import { applyJsonPatch, type PatchResult } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { applyStrategicMergePatch } from './patch/strategic-merge-patch.ts';
import { kindKey } from '../api/kinds.ts';
import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import { groupResource, type KindDescription } from '../api/schema/kind-description.ts';
import {
  decodeKind,
  mismatchedKind,
  parseBody,
  type DecodedBody,
  UNREADABLE,
  type FieldValidation,
} from './read-body.ts';
import type { ResourcePath } from './request-path.ts';
import { firstOf, listKindOf, listOptionsOf, withType } from './rest-read.ts';
import { jsonResponse, resultResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import { accepted, badRequest, notFound, refused, statusFailure } from './status.ts';
import type { DeleteOptions, Store } from './store.ts';

type Query = ReadonlyMap<string, readonly string[]>;

const validationOf = (query: Query): FieldValidation => {
  const value = firstOf(query, 'fieldValidation');
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn';
};

/** The store to write to: with `dryRun=All` a copy that is thrown away. */
const storeFor = (query: Query, server: ApiServer): Store =>
  query.get('dryRun')?.includes('All') ? server.store.dryRun() : server.store;

/** Name and namespace of the URL and of the body must agree. */
function placeObject(path: ResourcePath, object: KubeObject): Status | undefined {
  const { metadata } = object;
  if (path.kind.isNamespaced) {
    metadata.namespace ??= path.namespace ?? 'default';
    if (path.namespace !== undefined && metadata.namespace !== path.namespace) {
      return badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
  }
  if (path.name !== undefined && metadata.name !== path.name) {
    if (metadata.name !== '') {
      return badRequest(
        `the name of the object (${metadata.name}) does not match the name on the URL (${path.name})`,
      );
    }
    metadata.name = path.name;
  }
  return undefined;
}

function readSent(request: RestRequest, path: ResourcePath, query: Query): ApiResult<DecodedBody> {
  const type = request.headers?.['content-type'] ?? 'application/json';
  if (!/json|yaml|protobuf/.test(type)) return refused(UNREADABLE);
  const parsed = parseBody(request.body ?? '');
  if (!parsed.ok) return parsed;
  const mismatch = mismatchedKind(path.kind, parsed.value);
  if (mismatch !== undefined) return refused(badRequest(mismatch));
  const decoded = decodeKind(path.kind, parsed.value, validationOf(query));
  if (!decoded.ok) return decoded;
  const problem = placeObject(path, decoded.value.object);
  return problem ? refused(problem) : decoded;
}

const typed = (kind: KindDescription, result: ApiResult<KubeObject>): ApiResult<KubeObject> =>
  result.ok ? accepted(withType(kind, result.value)) : result;

/** POST to a collection. */
export function createObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const sent = readSent(request, path, query);
  if (!sent.ok) return statusResponse(sent.status);
  const made = storeFor(query, server).create(sent.value.object);
  return resultResponse(typed(path.kind, made), 201, sent.value.warnings);
}

function write(path: ResourcePath, store: Store, object: KubeObject): ApiResult<KubeObject> {
  return path.subresource === 'status' ? store.updateStatus(object) : store.update(object);
}

/** PUT of an object or its status. */
export function replaceObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const sent = readSent(request, path, query);
  if (!sent.ok) return statusResponse(sent.status);
  const written = write(path, storeFor(query, server), sent.value.object);
  return resultResponse(typed(path.kind, written), 200, sent.value.warnings);
}

type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

function patchTypeOf(request: RestRequest): PatchType | undefined {
  const type = request.headers?.['content-type'] ?? '';
  if (type.startsWith('application/json-patch+json')) return 'json';
  if (type.startsWith('application/merge-patch+json')) return 'merge';
  if (type.startsWith('application/strategic-merge-patch+json')) return 'strategic';
  return type.startsWith('application/apply-patch') ? 'apply' : undefined;
}

function patched(
  kind: KindDescription,
  object: KubeObject,
  patch: unknown,
  type: PatchType,
): PatchResult {
  const target = withType(kind, object);
  switch (type) {
    case 'json':
      return applyJsonPatch(target, patch);
    case 'merge':
      return { ok: true, value: applyMergePatch(target, patch) };
    // Simplified: server-side apply merges what was sent; it keeps no field owners and so sees no conflicts.
    case 'apply':
    case 'strategic':
      if (kind.custom) return { ok: true, value: applyMergePatch(target, patch) };
      return applyStrategicMergePatch(target, patch, kind.type);
  }
}

const REJECTED = 'the server rejected our request due to an error in our request';

/** A JSON patch that does not apply is the client's error, with the patch library's words as cause. */
const unprocessable = (message: string) =>
  statusFailure(422, 'Invalid', REJECTED, {
    causes: [{ reason: 'UnexpectedServerResponse', message }],
  });

/** Which kinds of patches there are: a strategic one needs the tables of a built-in kind. */
const unknownPatch = ({ custom }: KindDescription) =>
  statusFailure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, ${custom ? '' : 'application/strategic-merge-patch+json, '}application/apply-patch+yaml`,
  );

/** PATCH of an object or its status, in four ways. */
export function patchObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '' } = path;
  const type = patchTypeOf(request);
  if (!type || (kind.custom && type === 'strategic')) return statusResponse(unknownPatch(kind));
  const patch = parseBody(request.body ?? '');
  if (!patch.ok) return statusResponse(patch.status);
  const store = storeFor(query, server);
  const current = store.get(kindKey(kind), namespace, name);
  if (!current) {
    return type === 'apply'
      ? createObject({ ...request, headers: {} }, path, query, server)
      : statusResponse(notFound(kind, name));
  }
  const result = patched(kind, current, patch.value, type);
  if (!result.ok) {
    return statusResponse(
      type === 'json' ? unprocessable(result.message) : badRequest(result.message),
    );
  }
  const decoded = decodeKind(kind, result.value, validationOf(query));
  if (!decoded.ok) return statusResponse(decoded.status);
  const problem = placeObject(path, decoded.value.object);
  if (problem) return statusResponse(problem);
  const written = write(path, store, decoded.value.object);
  return resultResponse(typed(kind, written), 200, decoded.value.warnings);
}

const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

/** DeleteOptions from the query and the body; the query is older and weaker. */
function deleteOptionsOf(request: RestRequest, query: Query): ApiResult<DeleteOptions> {
  const parsed = request.body ? parseBody(request.body) : accepted(undefined);
  if (!parsed.ok) return parsed;
  const body = (parsed.value ?? {}) as {
    gracePeriodSeconds?: number;
    propagationPolicy?: string;
    preconditions?: { uid?: string };
  };
  const grace = body.gracePeriodSeconds ?? firstOf(query, 'gracePeriodSeconds');
  const policy = body.propagationPolicy ?? firstOf(query, 'propagationPolicy');
  const known = POLICIES.find((candidate) => candidate === policy);
  if (policy !== undefined && known === undefined) {
    return refused(
      badRequest(
        `invalid DeleteOptions: propagationPolicy: Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`,
      ),
    );
  }
  return accepted({
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(known === undefined ? {} : { propagationPolicy: known }),
    ...(body.preconditions?.uid === undefined ? {} : { uid: body.preconditions.uid }),
  });
}

/** DELETE of one object: the object when it stays for a while, else a Status. */
export function deleteObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '' } = path;
  const options = deleteOptionsOf(request, query);
  if (!options.ok) return statusResponse(options.status);
  const store = storeFor(query, server);
  const deleted = store.delete(kindKey(kind), namespace, name, options.value);
  if (!deleted.ok) return statusResponse(deleted.status);
  if (store.get(kindKey(kind), namespace, name) || kind.kind === 'Pod') {
    return jsonResponse(200, withType(kind, deleted.value));
  }
  return jsonResponse(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: groupResource({ group: '', plural: kind.plural }),
      uid: deleted.value.metadata.uid,
    },
  });
}

/** DELETE of a collection: each selected object as if it were deleted alone. */
export function deleteCollection(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const { kind } = path;
  const options = deleteOptionsOf(request, query);
  if (!options.ok) return statusResponse(options.status);
  const selected = listOptionsOf(path, query);
  if ('problem' in selected) return statusResponse(selected.problem);
  const store = storeFor(query, server);
  const items = [...store.list(kindKey(kind), selected.options)];
  for (const { metadata } of items) {
    store.delete(kindKey(kind), metadata.namespace, metadata.name, options.value);
  }
  return jsonResponse(200, {
    kind: listKindOf(kind),
    apiVersion: withType(kind, { metadata: { name: '' }, kind: '', apiVersion: '' }).apiVersion,
    metadata: { resourceVersion: String(store.resourceVersion) },
    items,
  });
}
