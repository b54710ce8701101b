import type { Kinds } from '../api/kinds.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import type { NetworkPolicy } from '../api/networking/network-policy.ts';
import { RBAC_GROUP } from '../api/rbac/role.ts';
import { actorOf } from './authenticate.ts';
import { authorize, forbidden } from './authorize.ts';
import { escalationProblem } from './escalation.ts';
import { attributesOf } from './request-attributes.ts';
import { aggregatedDiscovery, plainDiscovery, rootPaths, VERSION } from './discovery.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';
import { networkPolicyWarnings } from './policy-warnings.ts';
import { parseResourcePath, splitUrl, type ResourcePath } from './request-path.ts';
import { readCollection, readObject } from './rest-read.ts';
import { handleBinding } from './rest-binding.ts';
import { handleEviction } from './rest-eviction.ts';
import { readPodLog } from './rest-log.ts';
import { openPodSession } from './rest-session.ts';
import { createToken, handleReview } from './rest-review.ts';
import { handleScale } from './rest-scale.ts';
import { jsonResponse, statusResponse, textResponse } from './rest-response.ts';
import type { ApiServer, RequestUser, RestRequest, RestResponse } from './rest-types.ts';
import { deleteCollection, deleteObject } from './rest-delete.ts';
import { patchObject } from './rest-patch.ts';
import { createObject, replaceObject } from './rest-write.ts';
import { statusFailure } from './status.ts';

export type Query = ReadonlyMap<string, readonly string[]>;

const UNKNOWN_PATH = statusFailure(
  404,
  'NotFound',
  'the server could not find the requested resource',
  {},
);

const WRONG_METHOD = statusFailure(
  405,
  'MethodNotAllowed',
  'the server does not allow this method on the requested resource',
  {},
);

const TERMINATING = statusFailure(
  405,
  'MethodNotAllowed',
  'create not allowed while custom resource definition is terminating',
);

const accept = (request: RestRequest) => request.headers?.['accept'] ?? '';

/** `application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`: the version asked for, the newest first. */
function discoveryVersion(request: RestRequest): 'v2' | 'v2beta1' | undefined {
  const asked = accept(request)
    .split(',')
    .filter((type) => type.includes('as=APIGroupDiscoveryList'));
  if (asked.some((type) => type.includes('v=v2;') || type.endsWith('v=v2'))) return 'v2';
  return asked.some((type) => type.includes('v=v2beta1')) ? 'v2beta1' : undefined;
}

function discovery(
  request: RestRequest,
  segments: readonly string[],
  kinds: Kinds,
): RestResponse | undefined {
  const [root] = segments;
  const version = discoveryVersion(request);
  if (version !== undefined && segments.length === 1 && (root === 'api' || root === 'apis')) {
    return {
      ...jsonResponse(200, aggregatedDiscovery(root, version, kinds)),
      contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    };
  }
  const document = plainDiscovery(segments, kinds);
  return document === undefined ? undefined : jsonResponse(200, document);
}

const OPENAPI_V2 = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/**
 * kubectl looks for a kind that /openapi/v3 lacks in version 2, as protobuf. Simplified: a document without definitions
 * (openapi_v2.Document: swagger "2.0", info), so that it finds nothing there either.
 */
function openApiV2(request: RestRequest): RestResponse {
  if (!accept(request).includes(OPENAPI_V2)) {
    const message = `only the following media types are accepted: ${OPENAPI_V2}`;
    return statusResponse(statusFailure(406, 'NotAcceptable', message));
  }
  const document = `\n\u00032.0\u0012\f\n\nKubernetes`;
  // The server's own name for it has no @, which Go takes for no media type.
  return { ...textResponse(200, document), contentType: OPENAPI_V2.replace('@', '.') };
}

/** Paths that name no resource. Undefined when it is none of them. */
function nonResource(
  request: RestRequest,
  segments: readonly string[],
  kinds: Kinds,
): RestResponse | undefined {
  const [first, second, ...rest] = segments;
  switch (first) {
    case 'version':
      return jsonResponse(200, VERSION);
    case 'healthz':
    case 'livez':
    case 'readyz':
      return textResponse(200, 'ok');
    case 'openapi': {
      if (second === 'v2' && rest.length === 0) return openApiV2(request);
      if (second !== 'v3') return undefined;
      if (rest.length === 0) return jsonResponse(200, openApiIndex(kinds));
      const document = openApiDocument(rest.join('/'), kinds);
      if (document === undefined) return undefined;
      return { ...textResponse(200, document), type: 'json', contentType: 'application/json' };
    }
    case 'api':
    case 'apis':
      return discovery(request, segments, kinds);
    case undefined:
      return jsonResponse(200, rootPaths(kinds));
    default:
      return undefined;
  }
}

function onCollection(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  switch (request.method) {
    case 'GET':
      return readCollection(path, query, accept(request), server);
    case 'POST':
      return createObject(request, path, query, server);
    case 'DELETE':
      return deleteCollection(request, path, query, server);
    case 'PUT':
    case 'PATCH':
      return statusResponse(WRONG_METHOD);
  }
}

function onObject(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  switch (request.method) {
    case 'GET':
      return readObject(path, query, accept(request), server);
    case 'PUT':
      return replaceObject(request, path, query, server);
    case 'PATCH':
      return patchObject(request, path, query, server);
    case 'DELETE':
      return deleteObject(request, path, query, server);
    case 'POST':
      return statusResponse(WRONG_METHOD);
  }
}

function onSubresource(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const { kind, subresource = '' } = path;
  if (subresource === 'log' && kind.kind === 'Pod') return readPodLog(path, query, server);
  const { method } = request;
  if (
    kind.kind === 'Pod' &&
    (subresource === 'exec' || subresource === 'attach' || subresource === 'portforward')
  ) {
    if (method !== 'GET' && method !== 'POST') return statusResponse(WRONG_METHOD);
    return openPodSession(subresource, path, query, server);
  }
  if (kind.kind === 'Pod' && (subresource === 'eviction' || subresource === 'binding')) {
    if (method !== 'POST') return statusResponse(WRONG_METHOD);
    const handle = subresource === 'eviction' ? handleEviction : handleBinding;
    return handle(request, path, query, server);
  }
  if (kind.kind === 'Pod' && subresource === 'ephemeralcontainers') {
    if (method === 'POST' || method === 'DELETE') return statusResponse(WRONG_METHOD);
    return onObject(request, path, query, server);
  }
  if (subresource === 'scale' && kind.subresources.includes('scale')) {
    return handleScale(request, path, query, server);
  }
  if (subresource === 'token' && kind.kind === 'ServiceAccount' && request.method === 'POST') {
    return createToken(request, path.namespace ?? '', path.name ?? '', server);
  }
  if (subresource === 'finalize' && kind.kind === 'Namespace' && request.method === 'PUT') {
    return replaceObject(request, path, query, server);
  }
  if (subresource !== 'status' || !kind.subresources.includes('status')) {
    return statusResponse(UNKNOWN_PATH);
  }
  if (request.method === 'POST' || request.method === 'DELETE') return statusResponse(WRONG_METHOD);
  return onObject(request, path, query, server);
}

const ENDPOINTS_WARNING =
  'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';

/** Every answer about a kind that is not to be used any more says so; a written object may be one to think over. */
function withWarnings(
  { kind: { kind, custom } }: ResourcePath,
  { method }: RestRequest,
  response: RestResponse,
): RestResponse {
  if (!('warnings' in response)) return response;
  const warning = custom ? custom.warning : kind === 'Endpoints' ? ENDPOINTS_WARNING : undefined;
  const isWritten = method !== 'GET' && method !== 'DELETE' && response.status < 300;
  const more =
    isWritten && kind === 'NetworkPolicy' && response.type === 'json'
      ? networkPolicyWarnings(JSON.parse(response.body) as NetworkPolicy)
      : warning === undefined
        ? []
        : [warning];
  return more.length === 0 ? response : { ...response, warnings: [...response.warnings, ...more] };
}

/**
 * The API server's one entry: `kubectl` of the page and real kubectl over HTTP both come in here. Errors are `Status`
 * objects with the real texts; a watch or a followed log is a plain value to poll.
 */
export function handleRequest(request: RestRequest, server: ApiServer): RestResponse {
  const { segments, query } = splitUrl(request.path);
  const actor = actorOf(request, server.store);
  if (!actor.ok) return statusResponse(actor.status);
  const { user } = actor.value;
  if (user) {
    const wanted = attributesOf(request, segments, query);
    const { isAllowed, reason } = authorize(user, wanted, server.store);
    if (!isAllowed) return statusResponse(forbidden(user, wanted, reason));
  }
  if (request.method === 'GET') {
    const response = nonResource(request, segments, server.store.kinds);
    if (response) return response;
  }
  const review = handleReview(request, segments, { server, ...(user ? { user } : {}) });
  if (review) return review;
  const path = parseResourcePath(segments, server.store.kinds);
  if (!path) return statusResponse(UNKNOWN_PATH);
  const escalation = user && checkEscalation(request, path, query, server, user);
  return escalation ? statusResponse(escalation) : onResource(request, path, query, server);
}

/** Whoever writes roles gives no more than he has: the write is tried on a copy to see what it would give. */
function checkEscalation(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
  user: RequestUser,
): Status | undefined {
  const isWrite =
    request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH';
  if (!isWrite || path.kind.group !== RBAC_GROUP) return undefined;
  const trial = onResource(request, path, query, { ...server, store: server.store.dryRun() });
  if (trial.type !== 'json' || trial.status >= 300) return undefined;
  return escalationProblem(path.kind, JSON.parse(trial.body) as KubeObject, user, server.store);
}

function onResource(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const terminating = path.kind.custom?.isTerminating && request.method === 'POST';
  if (terminating && path.name === undefined) return statusResponse(TERMINATING);
  if (path.name === undefined)
    return withWarnings(path, request, onCollection(request, path, query, server));
  if (path.subresource !== undefined) return onSubresource(request, path, query, server);
  return withWarnings(path, request, onObject(request, path, query, server));
}

export type { ApiServer, RestRequest, RestResponse };
