import { SECOND } from '../base/clock.ts';
import { kindKey } from '../api/kinds.ts';
import type { Status } from '../api/meta/object.ts';
import { parseFieldSelector } from '../api/meta/parse-field-selector.ts';
import { parseLabelSelector } from '../api/meta/parse-label-selector.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { listPage, optionsProblem, versionProblem } from './list-page.ts';
import type { ResourcePath } from './request-path.ts';
import { jsonResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RestResponse } from './rest-types.ts';
import { unsupportedField } from './select-objects.ts';
import { shown, withType } from './shown-object.ts';
import { badRequest, notFound } from './status.ts';
import type { ListOptions } from './store.ts';
import { tableOf, type IncludedObject } from './table.ts';
import { BOOKMARK_INTERVAL } from './watch.ts';

type Query = ReadonlyMap<string, readonly string[]>;

/** The first value of a query parameter. */
export const firstOf = (query: Query, name: string): string | undefined => query.get(name)?.[0];

const isTrue = (text: string | undefined) => text === 'true' || text === '1';

/** The kind of a list of them. */
export const listKindOf = ({ kind, custom }: KindDescription): string =>
  custom?.listKind ?? `${kind}List`;

/** Selectors of a list or watch, or why they cannot be. */
export function listOptionsOf(
  path: ResourcePath,
  query: Query,
): { readonly options: ListOptions } | { readonly problem: Status } {
  const labelSelector = firstOf(query, 'labelSelector') ?? '';
  const fieldSelector = firstOf(query, 'fieldSelector') ?? '';
  const labels = parseLabelSelector(labelSelector);
  if (!labels.ok) return { problem: badRequest(labels.message) };
  const fields = parseFieldSelector(fieldSelector);
  if (!fields.ok) return { problem: badRequest(fields.message) };
  const unknown = unsupportedField(path.kind, fields.requirements);
  if (unknown !== undefined) {
    const { fieldLabels, custom } = path.kind;
    const hasOwn = custom !== undefined || Object.keys(fieldLabels).length > 0;
    // Kinds without labels of their own have the words of `DefaultMetaV1FieldSelectorConversion`.
    const message = hasOwn
      ? `field label not supported: ${unknown}`
      : `${JSON.stringify(unknown)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
    return { problem: badRequest(message) };
  }
  const named =
    path.name === undefined
      ? fieldSelector
      : [fieldSelector, `metadata.name=${path.name}`].filter(Boolean).join(',');
  return {
    options: {
      ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
      labelSelector,
      fieldSelector: named,
    },
  };
}

const wantsTable = (accept: string) => accept.includes('as=Table');

const includedObject = (query: Query): IncludedObject => {
  const value = firstOf(query, 'includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
};

function openWatch(
  path: ResourcePath,
  query: Query,
  accept: string,
  options: ListOptions,
  server: ApiServer,
): RestResponse {
  const version = firstOf(query, 'resourceVersion') ?? '';
  const problem = optionsProblem(query, 'watch') ?? versionProblem(path.kind, version);
  if (problem) return statusResponse(problem);
  const sendsInitial = firstOf(query, 'sendInitialEvents');
  const wantsInitial = isTrue(sendsInitial);
  const startsNow = version === '' || version === '0';
  const allowBookmarks = isTrue(firstOf(query, 'allowWatchBookmarks'));
  const timeout = Number(firstOf(query, 'timeoutSeconds') ?? '');
  return {
    type: 'watch',
    status: 200,
    watcher: {
      kind: kindKey(path.kind),
      apiVersion: apiVersionOf(path.kind),
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      labelSelector: options.labelSelector ?? '',
      fieldSelector: options.fieldSelector ?? '',
      format: wantsTable(accept) ? 'table' : 'object',
      includeObject: includedObject(query),
      allowBookmarks,
      ...(timeout > 0 ? { endsAt: server.now + timeout * SECOND } : {}),
      resourceVersion: startsNow || wantsInitial ? server.store.resourceVersion : Number(version),
      initial:
        wantsInitial && allowBookmarks
          ? 'objects-and-bookmark'
          : wantsInitial || (startsNow && sendsInitial === undefined)
            ? 'objects'
            : 'none',
      hasSentColumns: false,
      nextBookmark: server.now + BOOKMARK_INTERVAL,
    },
  };
}

/** GET of a collection: list or watch, objects or a Table. */
export function readCollection(
  path: ResourcePath,
  query: Query,
  accept: string,
  server: ApiServer,
): RestResponse {
  const { kind } = path;
  const selected = listOptionsOf(path, query);
  if ('problem' in selected) return statusResponse(selected.problem);
  const { options } = selected;
  if (isTrue(firstOf(query, 'watch'))) return openWatch(path, query, accept, options, server);
  const problem = optionsProblem(query, 'list');
  if (problem) return statusResponse(problem);
  const page = listPage(kind, query, options, server.store);
  if (!page.ok) return statusResponse(page.status);
  const { next, resourceVersion } = page.value;
  const items = page.value.items.map((object) => server.present?.(object) ?? object);
  if (wantsTable(accept)) {
    const table = tableOf(kind, items, includedObject(query), server.now, resourceVersion);
    return jsonResponse(200, { ...table, metadata: { resourceVersion, ...next } });
  }
  return jsonResponse(200, {
    kind: listKindOf(kind),
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion, ...next },
    // Items of a typed list do not repeat kind and version.
    items: kind.custom
      ? items.map((object) => withType(kind, shown(kind, object)))
      : items.map((object) => {
          const { kind: _, apiVersion: __, ...rest } = shown(kind, object);
          return rest;
        }),
  });
}

/** GET of one object, or a watch of it. */
export function readObject(
  path: ResourcePath,
  query: Query,
  accept: string,
  server: ApiServer,
): RestResponse {
  const { kind, namespace, name = '' } = path;
  if (isTrue(firstOf(query, 'watch'))) return readCollection(path, query, accept, server);
  const stored = server.store.get(kindKey(kind), namespace, name);
  if (!stored) return statusResponse(notFound(kind, name));
  const object = server.present?.(stored) ?? stored;
  if (!wantsTable(accept)) return jsonResponse(200, withType(kind, shown(kind, object)));
  const version = object.metadata.resourceVersion ?? '';
  return jsonResponse(200, tableOf(kind, [object], includedObject(query), server.now, version));
}
