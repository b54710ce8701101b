import type { ApiResult } from '../api/meta/object.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../api/schema/field-problem.ts';
import type { FieldValidation } from './decode-kind.ts';
import type { ResourcePath } from './request-path.ts';
import { firstOf } from './rest-read.ts';
import type { ApiServer, RestRequest } from './rest-types.ts';
import { accepted, invalidStatus, refused } from './status.ts';
import type { Store } from './store.ts';

type Query = ReadonlyMap<string, readonly string[]>;

/** What the query of a write says besides the object. */
export interface WriteOptions {
  /** With `dryRun=All` a copy that is thrown away. */
  readonly store: Store;
  readonly validation: FieldValidation;
  readonly writer: { readonly manager: string; readonly subresource?: string };
  readonly force: 'force' | 'refuse';
}

const MANAGER_LIMIT = 128;
const VALIDATIONS = ['Ignore', 'Strict', 'Warn'] as const;

/** The first part of the user agent, where the request names no manager (`managerOrUserAgent`). */
function managerOf(request: RestRequest, named: string): string {
  if (named !== '') return named;
  const agent = (request.headers?.['user-agent'] ?? '').split('/')[0] ?? '';
  return agent.replaceAll(/\p{C}/gu, '').slice(0, MANAGER_LIMIT) || 'unknown';
}

function problemsOf(query: Query, kind: WriteKind): FieldProblem[] {
  const manager = firstOf(query, 'fieldManager') ?? '';
  const validation = firstOf(query, 'fieldValidation') ?? '';
  const dryRun = query.get('dryRun')?.filter((value) => value !== '') ?? [];
  const problems: FieldProblem[] = [];
  if (kind === 'apply' && manager === '') {
    problems.push(required('fieldManager', 'is required for apply patch'));
  }
  if (kind === 'patch' && query.has('force')) {
    problems.push(forbidden('force', 'may not be specified for non-apply patch'));
  }
  if (manager.length > MANAGER_LIMIT) {
    problems.push({
      reason: 'FieldValueTooLong',
      field: 'fieldManager',
      message: `Too long: may not be more than ${MANAGER_LIMIT} bytes`,
    });
  }
  if (/\p{C}/u.test(manager)) {
    problems.push(invalid('fieldManager', manager, 'should only contain printable characters'));
  }
  if (dryRun.some((value) => value !== 'All')) {
    problems.push(notSupported('dryRun', dryRun, ['All']));
  }
  if (validation !== '' && !VALIDATIONS.some((known) => known === validation)) {
    problems.push(notSupported('fieldValidation', validation, ['', ...VALIDATIONS]));
  }
  return problems;
}

type WriteKind = 'create' | 'update' | 'patch' | 'apply';

const OPTIONS_KINDS: Readonly<Record<WriteKind, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  apply: 'PatchOptions',
};

/** Reads and checks the options of a write (apimachinery meta/v1/validation). */
export function writeOptionsOf(
  request: RestRequest,
  path: ResourcePath,
  query: Query,
  server: ApiServer,
  kind: WriteKind,
): ApiResult<WriteOptions> {
  const problems = problemsOf(query, kind);
  if (problems.length > 0) {
    const names = { group: 'meta.k8s.io', kind: OPTIONS_KINDS[kind], plural: '' };
    return refused(invalidStatus(names, '', problems));
  }
  const { subresource } = path;
  const validation = firstOf(query, 'fieldValidation');
  return accepted({
    store: storeFor(query, server),
    validation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
    writer: {
      manager: managerOf(request, firstOf(query, 'fieldManager') ?? ''),
      ...(subresource === undefined ? {} : { subresource }),
    },
    force: /^(true|1)$/i.test(firstOf(query, 'force') ?? '') ? 'force' : 'refuse',
  });
}

/** The store to write to: with `dryRun=All` a copy that is thrown away. */
export const storeFor = (query: Query, server: ApiServer): Store =>
  query.get('dryRun')?.includes('All') ? server.store.dryRun() : server.store;
