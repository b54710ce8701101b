import { kindKey } from '../api/kinds.ts';
import type { ApiResult } from '../api/meta/object.ts';
import { apiVersionOf } from '../api/schema/kind-description.ts';
import { notSupported } from '../api/schema/field-problem.ts';
import { parseBody } from './read-body.ts';
import type { ResourcePath } from './request-path.ts';
import { firstOf, listKindOf, listOptionsOf } from './rest-read.ts';
import { jsonResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestRequest, RestResponse } from './rest-types.ts';
import { shown, withType } from './shown-object.ts';
import { accepted, badRequest, invalidStatus, refused } from './status.ts';
import type { DeleteOptions } from './store.ts';
import { storeFor } from './write-options.ts';

type Query = ReadonlyMap<string, readonly string[]>;

const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

interface SentOptions {
  readonly gracePeriodSeconds?: unknown;
  readonly propagationPolicy?: unknown;
  readonly orphanDependents?: unknown;
  readonly dryRun?: unknown;
  readonly preconditions?: { readonly uid?: unknown; readonly resourceVersion?: unknown };
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** DeleteOptions of the body, or of the query when there is no body, as the API server reads them. */
function sentOptions(request: RestRequest, query: Query): ApiResult<SentOptions> {
  const parsed = request.body ? parseBody(request.body) : accepted(undefined);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (value !== undefined && (value === null || typeof value !== 'object')) {
    return refused(badRequest('expected a DeleteOptions object in the body'));
  }
  const grace = firstOf(query, 'gracePeriodSeconds');
  const policy = firstOf(query, 'propagationPolicy');
  return accepted({
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(query.has('dryRun') ? { dryRun: query.get('dryRun') } : {}),
    ...value,
  });
}

interface ReadOptions {
  readonly options: DeleteOptions;
  readonly query: Query;
}

function deleteOptionsOf(request: RestRequest, query: Query): ApiResult<ReadOptions> {
  const sent = sentOptions(request, query);
  if (!sent.ok) return sent;
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = sent.value;
  const policy = POLICIES.find((candidate) => candidate === propagationPolicy);
  const dryRun = Array.isArray(sent.value.dryRun) ? (sent.value.dryRun as unknown[]) : [];
  const problems = [
    ...(propagationPolicy !== undefined && !policy
      ? [notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil'].toSorted())]
      : []),
    ...(dryRun.some((value) => value !== 'All') ? [notSupported('dryRun', dryRun, ['All'])] : []),
  ];
  if (problems.length > 0) {
    const names = { group: 'meta.k8s.io', kind: 'DeleteOptions', plural: '' };
    return refused(invalidStatus(names, '', problems));
  }
  if (gracePeriodSeconds !== undefined && !Number.isInteger(gracePeriodSeconds)) {
    return refused(
      badRequest(
        'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
      ),
    );
  }
  const orphan = orphanDependents === true ? 'Orphan' : undefined;
  const [uid, resourceVersion] = [text(preconditions?.uid), text(preconditions?.resourceVersion)];
  const chosen = policy ?? orphan;
  return accepted({
    options: {
      ...(gracePeriodSeconds === undefined
        ? {}
        : { gracePeriodSeconds: gracePeriodSeconds as number }),
      ...(chosen === undefined ? {} : { propagationPolicy: chosen }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    query: dryRun.length > 0 ? new Map([...query, ['dryRun', ['All']]]) : query,
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
  const read = deleteOptionsOf(request, query);
  if (!read.ok) return statusResponse(read.status);
  const store = storeFor(read.value.query, server);
  const deleted = store.delete(kindKey(kind), namespace, name, read.value.options);
  if (!deleted.ok) return statusResponse(deleted.status);
  // Pods and ServiceAccounts answer with what they were (`returnDeletedObject`).
  const isShown = kind.kind === 'Pod' || kind.kind === 'ServiceAccount';
  if (store.get(kindKey(kind), namespace, name) || isShown) {
    return jsonResponse(200, withType(kind, shown(kind, deleted.value)));
  }
  return jsonResponse(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
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
  const read = deleteOptionsOf(request, query);
  if (!read.ok) return statusResponse(read.status);
  const selected = listOptionsOf(path, query);
  if ('problem' in selected) return statusResponse(selected.problem);
  const store = storeFor(read.value.query, server);
  const items = [...store.list(kindKey(kind), selected.options)];
  const deleted = items.flatMap(({ metadata }) => {
    const { namespace, name } = metadata;
    const result = store.delete(kindKey(kind), namespace, name, read.value.options);
    return result.ok ? [shown(kind, result.value)] : [];
  });
  return jsonResponse(200, {
    kind: listKindOf(kind),
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: String(store.resourceVersion) },
    items: kind.custom
      ? deleted.map((object) => withType(kind, object))
      : deleted.map(({ kind: _, apiVersion: __, ...object }) => object),
  });
}
