import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import { invalid } from '../api/schema/field-problem.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { decodeKind, unrecognized, type DecodedBody, type FieldValidation } from './decode-kind.ts';
import { mediaTypeOf, readSentDocument, UNREADABLE } from './read-body.ts';
import type { ResourcePath } from './request-path.ts';
import { resultResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import { shown, withType } from './shown-object.ts';
import { accepted, badRequest, invalidStatus, refused } from './status.ts';
import type { Store, WrittenBy } from './store.ts';
import { writeOptionsOf } from './write-options.ts';

type Query = ReadonlyMap<string, readonly string[]>;

/** Name and namespace of the URL and of the body must agree. */
export function placeObject(path: ResourcePath, object: KubeObject): Status | undefined {
  const { metadata } = object;
  if (path.kind.isNamespaced) {
    metadata.namespace ??= path.namespace ?? 'default';
    if (path.namespace !== undefined && metadata.namespace !== path.namespace) {
      return badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
  }
  if (path.name === undefined || metadata.name === path.name) return undefined;
  return badRequest(
    metadata.name === ''
      ? `the name of the object (${path.name} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${metadata.name}) does not match the name on the URL (${path.name})`,
  );
}

function readSent(
  request: RestRequest,
  path: ResourcePath,
  validation: FieldValidation,
): ApiResult<DecodedBody> {
  const media = mediaTypeOf(request);
  if (!media) return refused(UNREADABLE);
  const { kind } = path;
  const body = request.body ?? '';
  const read = readSentDocument(body, media);
  if (!read.ok) return read;
  const { value, message, duplicates } = read.value;
  if (message !== undefined) return refused(unrecognized(kind, message, body));
  const decoded = decodeKind(kind, value, validation, duplicates);
  if (!decoded.ok) return decoded;
  const problem = placeObject(path, decoded.value.object);
  return problem ? refused(problem) : decoded;
}

const typed = (kind: KindDescription, result: ApiResult<KubeObject>): ApiResult<KubeObject> =>
  result.ok ? accepted(withType(kind, shown(kind, result.value))) : result;

/** Writes an object, or its status, and answers with what the store has made of it. */
export function writtenResponse(
  path: ResourcePath,
  store: Store,
  { object, warnings }: DecodedBody,
  by: WrittenBy,
  code: 200 | 201,
): RestResponse {
  const write = () => {
    if (code === 201) return store.create(object, by);
    return path.subresource === 'status'
      ? store.updateStatus(object, by)
      : store.update(object, by);
  };
  return resultResponse(typed(path.kind, write()), code, warnings);
}

/** POST to a collection. */
export function createObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const options = writeOptionsOf(request, path, query, server, 'create');
  if (!options.ok) return statusResponse(options.status);
  const { store, writer, validation } = options.value;
  const sent = readSent(request, path, validation);
  if (!sent.ok) return statusResponse(sent.status);
  return writtenResponse(path, store, sent.value, { writer }, 201);
}

/** PUT of an object or its status. */
export function replaceObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const options = writeOptionsOf(request, path, query, server, 'update');
  if (!options.ok) return statusResponse(options.status);
  const { store, writer, validation } = options.value;
  const sent = readSent(request, path, validation);
  if (!sent.ok) return statusResponse(sent.status);
  const { kind } = path;
  const { name, resourceVersion } = sent.value.object.metadata;
  // Custom objects have no unconditional update (apiextensions customresource strategy).
  if (kind.custom && !resourceVersion) {
    const problem = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    return statusResponse(invalidStatus(kind, name, [problem]));
  }
  return writtenResponse(path, store, sent.value, { writer }, 200);
}
