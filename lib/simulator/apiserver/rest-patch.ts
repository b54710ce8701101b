import { formatTimestamp } from '../base/clock.ts';
import { kindKey } from '../api/kinds.ts';
import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import { invalid } from '../api/schema/field-problem.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { applyConfiguration } from './managed-fields/apply-configuration.ts';
import { formatGo } from './patch/format-go.ts';
import { applyJsonPatch, type PatchResult } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { applyStrategicMergePatch } from './patch/strategic-merge-patch.ts';
import { decodePatched, type DecodedBody } from './decode-kind.ts';
import { readDocument } from './read-body.ts';
import type { ResourcePath } from './request-path.ts';
import { statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import { placeObject, writtenResponse } from './rest-write.ts';
import { shown, withType } from './shown-object.ts';
import { accepted, badRequest, invalidStatus, notFound, refused, statusFailure } from './status.ts';
import type { WrittenBy } from './store.ts';
import { writeOptionsOf, type WriteOptions } from './write-options.ts';

type Query = ReadonlyMap<string, readonly string[]>;

type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** The kind of a patch; a strategic one needs the tables of a built-in kind. */
function patchTypeOf(request: RestRequest, { custom }: KindDescription): ApiResult<PatchType> {
  const [type = ''] = (request.headers?.['content-type'] ?? '').split(';');
  const known = PATCH_TYPES[type.trim()];
  if (known && !(custom && known === 'strategic')) return accepted(known);
  const media = Object.keys(PATCH_TYPES).filter(
    (each) => !custom || PATCH_TYPES[each] !== 'strategic',
  );
  return refused(
    statusFailure(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${media.join(', ')}`,
    ),
  );
}

const REJECTED = 'the server rejected our request due to an error in our request';

/** Refusals of the patch libraries (handlers/patch.go `interpretStrategicMergePatchError`, `applyJSPatch`). */
function patchFailure({ code, message }: Extract<PatchResult, { ok: false }>): Status {
  switch (code) {
    case 422:
      return statusFailure(422, 'Invalid', REJECTED, {});
    case 413:
      return statusFailure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
    case 400:
      return badRequest(message);
    case 500:
      return statusFailure(500, '', message);
  }
}

function patched(
  kind: KindDescription,
  object: KubeObject,
  patch: unknown,
  type: Exclude<PatchType, 'apply'>,
): PatchResult {
  switch (type) {
    case 'json':
      return applyJsonPatch(object, patch);
    case 'merge':
      return { ok: true, value: applyMergePatch(object, patch) };
    case 'strategic':
      return applyStrategicMergePatch(object, patch, kind.type);
  }
}

/** A result that is no object of the kind: 422 with the patch, or the patched object, in the message. */
const unreadablePatch = (sent: unknown, message: string) =>
  invalidStatus({ group: '', plural: '', kind: '' }, '', [invalid('patch', sent, message)]);

interface Patch {
  readonly request: RestRequest;
  readonly path: ResourcePath;
  readonly options: WriteOptions;
  readonly server: ApiServer;
}

function readPatched(
  { request, path, options }: Patch,
  current: KubeObject,
  type: Exclude<PatchType, 'apply'>,
): ApiResult<DecodedBody> {
  const { kind } = path;
  const read = readDocument(request.body ?? '', 'json');
  if (!read.ok) {
    const { message } = read;
    return refused(badRequest(type === 'strategic' ? message : `error decoding patch: ${message}`));
  }
  const target = withType(kind, shown(kind, current));
  const result = patched(kind, target, read.value, type);
  if (!result.ok) return refused(patchFailure(result));
  const duplicates =
    type === 'json' ? read.duplicates.map((each) => `json patch ${each}`) : read.duplicates;
  const decoded = decodePatched(kind, result.value, options.validation, duplicates);
  if (typeof decoded !== 'string') {
    const problem = placeObject(path, decoded.object);
    return problem ? refused(problem) : accepted(decoded);
  }
  const sent = type === 'strategic' ? formatGo(read.value) : JSON.stringify(result.value);
  return refused(unreadablePatch(sent, decoded));
}

function patchCurrent(patch: Patch, current: KubeObject, type: Exclude<PatchType, 'apply'>) {
  const { path, options } = patch;
  const decoded = readPatched(patch, current, type);
  if (!decoded.ok) return statusResponse(decoded.status);
  return writtenResponse(path, options.store, decoded.value, { writer: options.writer }, 200);
}

/** What was sent to be applied: YAML or JSON of this kind and version. */
function readConfiguration({ request, path }: Patch): ApiResult<{
  readonly configuration: KubeObject;
  readonly duplicates: readonly string[];
}> {
  const { kind, namespace, name = '' } = path;
  const read = readDocument(request.body ?? '', 'yaml');
  if (!read.ok) return refused(badRequest(`error decoding YAML: ${read.message}`));
  const sent = read.value as KubeObject | null | undefined;
  if (sent === null || typeof sent !== 'object' || Array.isArray(sent)) {
    return refused(
      badRequest(
        'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal value into Go value of type map[string]interface {}',
      ),
    );
  }
  const expected = apiVersionOf(kind);
  if (sent.kind !== kind.kind) {
    return refused(badRequest(`invalid object kind: ${sent.kind ?? ''}`));
  }
  if (sent.apiVersion !== expected) {
    return refused(
      badRequest(
        `Incorrect version specified in apply patch. Specified patch version: ${sent.apiVersion ?? ''}, expected: ${expected}`,
      ),
    );
  }
  const metadata = {
    ...sent.metadata,
    name: sent.metadata?.name ?? name,
    ...(namespace === undefined ? {} : { namespace: sent.metadata?.namespace ?? namespace }),
  };
  const configuration = { ...sent, metadata };
  const problem = placeObject(path, configuration);
  return problem ? refused(problem) : accepted({ configuration, duplicates: read.duplicates });
}

function apply(patch: Patch, live: KubeObject | undefined): RestResponse {
  const { path, options, server } = patch;
  const { kind } = path;
  const read = readConfiguration(patch);
  if (!read.ok) return statusResponse(read.status);
  const { configuration, duplicates } = read.value;
  const applied = applyConfiguration({
    kind,
    live,
    configuration,
    writer: options.writer,
    force: options.force,
    now: formatTimestamp(server.now),
  });
  if (!applied.ok) return statusResponse(applied.status);
  if (duplicates.length > 0 && options.validation === 'Strict') {
    return statusResponse(badRequest(`error strict decoding YAML: ${duplicates.join(', ')}`));
  }
  const decoded = decodePatched(kind, applied.value.object, options.validation, duplicates);
  if (typeof decoded === 'string') return statusResponse(badRequest(decoded));
  const by: WrittenBy = { entries: applied.value.entries };
  if (live) return writtenResponse(path, options.store, decoded, by, 200);
  if (configuration.metadata.uid !== undefined) {
    const why = `uid mismatch: the provided object specified uid ${configuration.metadata.uid}, and no existing object was found`;
    return statusResponse(statusFailure(409, 'Conflict', why));
  }
  return writtenResponse(path, options.store, decoded, by, 201);
}

/** PATCH of an object or its status, in four ways. */
export function patchObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '', subresource } = path;
  const type = patchTypeOf(request, kind);
  if (!type.ok) return statusResponse(type.status);
  const read = writeOptionsOf(
    request,
    path,
    query,
    server,
    type.value === 'apply' ? 'apply' : 'patch',
  );
  if (!read.ok) return statusResponse(read.status);
  const options = read.value;
  const current = options.store.get(kindKey(kind), namespace, name);
  const patch: Patch = { request, path, options, server };
  if (type.value === 'apply' && (current || subresource === undefined))
    return apply(patch, current);
  if (!current || type.value === 'apply') return statusResponse(notFound(kind, name));
  return patchCurrent(patch, current, type.value);
}
