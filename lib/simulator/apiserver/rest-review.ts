import { SECOND, formatTimestamp } from '../base/clock.ts';
import type { ServiceAccount } from '../api/core/service-account.ts';
import type { PolicyRule } from '../api/rbac/role.ts';
import type { Status } from '../api/meta/object.ts';
import { invalid, required, type FieldProblem } from '../api/schema/field-problem.ts';
import { authorize, grantsOf, isMaster, type Verdict } from './authorize.ts';
import { parseBody } from './read-body.ts';
import type { Attributes } from './request-attributes.ts';
import { ADMIN } from './request-user.ts';
import { jsonResponse, statusResponse } from './rest-response.ts';
import type { ApiServer, RequestUser, RestRequest, RestResponse } from './rest-types.ts';
import { API_AUDIENCES, issueToken, readToken, type BoundObject } from './service-account-token.ts';
import { invalidStatus, notFound } from './status.ts';

/** Who asks, of what server; no user is the admin, who may do everything. */
interface Asker {
  readonly server: ApiServer;
  readonly user?: RequestUser;
}

interface AccessSpec {
  readonly resourceAttributes?: {
    readonly namespace?: string;
    readonly verb?: string;
    readonly group?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly namespace?: string;
  readonly token?: string;
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: BoundObject;
}

function attributesOf(spec: AccessSpec): Attributes | undefined {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (!resource === !path) return undefined;
  if (path) return { type: 'path', verb: path.verb ?? '', path: path.path ?? '' };
  const { namespace = '', verb = '', group = '', subresource = '', name = '' } = resource ?? {};
  return {
    type: 'resource',
    namespace,
    verb,
    apiGroup: group,
    resource: resource?.resource ?? '',
    subresource,
    name,
  };
}

const ONE_OF_TWO = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';

/** A review's status, or what is wrong with its spec. */
type Reviewed = { readonly status: unknown } | { readonly problems: readonly FieldProblem[] };

const verdictOf = (
  user: RequestUser | undefined,
  wanted: Attributes,
  server: ApiServer,
): Verdict => (user ? authorize(user, wanted, server.store) : { isAllowed: true, reason: '' });

function reviewAccess(spec: AccessSpec, { server, user }: Asker): Reviewed {
  const wanted = attributesOf(spec);
  if (!wanted) return { problems: [invalid('spec.resourceAttributes', {}, ONE_OF_TWO)] };
  const { isAllowed, reason } = verdictOf(user, wanted, server);
  return { status: { allowed: isAllowed, ...(reason === '' ? {} : { reason }) } };
}

function reviewSomebody(spec: AccessSpec, { server }: Asker): Reviewed {
  const { user: name = '', groups = [], uid } = spec;
  if (name === '' && groups.length === 0) {
    return {
      problems: [invalid('spec.user', '', 'at least one of user or group must be specified')],
    };
  }
  return reviewAccess(spec, { server, user: { name, groups, ...(uid ? { uid } : {}) } });
}

const EVERYTHING: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function reviewRules(spec: AccessSpec, { server, user }: Asker): Reviewed {
  if (!spec.namespace)
    return { problems: [required('spec.namespace', 'namespace must be specified')] };
  const { grants, missing } = grantsOf(server.store, user ?? ADMIN, spec.namespace);
  const own = grants.map(({ rule }) => rule);
  const isBound = own.some(
    ({ resources, verbs }) => resources?.includes('*') && verbs.includes('*'),
  );
  const rules = (user ? isMaster(user) : !isBound) ? [...EVERYTHING, ...own] : own;
  return {
    status: {
      resourceRules: rules
        .filter(({ resources }) => resources !== undefined && resources.length > 0)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames ? { resourceNames } : {}),
        })),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
      ...(missing.length > 0 ? { evaluationError: missing.join(', ') } : {}),
    },
  };
}

const infoOf = ({ name, uid, groups, extra }: RequestUser) => ({
  username: name,
  ...(uid ? { uid } : {}),
  groups,
  ...(extra ? { extra } : {}),
});

function reviewToken({ token = '', audiences }: AccessSpec, { server }: Asker): Reviewed {
  const user = readToken(token, server.store, server.now);
  return user
    ? { status: { authenticated: true, user: infoOf(user), audiences: audiences ?? API_AUDIENCES } }
    : { status: { user: {}, error: 'invalid bearer token' } };
}

interface Review {
  readonly kind: string;
  readonly group: string;
  /** Of a namespace: the namespace of the URL is the one that is asked about. */
  readonly isNamespaced?: true;
  answer(spec: AccessSpec, asker: Asker): Reviewed;
}

const AUTHORIZATION = 'authorization.k8s.io';
const AUTHENTICATION = 'authentication.k8s.io';

/** Questions about who one is and what one may do: kinds that are never stored. */
export const REVIEWS: Readonly<Record<string, Review>> = {
  selfsubjectreviews: {
    kind: 'SelfSubjectReview',
    group: AUTHENTICATION,
    answer: (_, { user }) => ({ status: { userInfo: infoOf(user ?? ADMIN) } }),
  },
  tokenreviews: { kind: 'TokenReview', group: AUTHENTICATION, answer: reviewToken },
  localsubjectaccessreviews: {
    kind: 'LocalSubjectAccessReview',
    group: AUTHORIZATION,
    isNamespaced: true,
    answer: reviewSomebody,
  },
  selfsubjectaccessreviews: {
    kind: 'SelfSubjectAccessReview',
    group: AUTHORIZATION,
    answer: reviewAccess,
  },
  selfsubjectrulesreviews: {
    kind: 'SelfSubjectRulesReview',
    group: AUTHORIZATION,
    answer: reviewRules,
  },
  subjectaccessreviews: {
    kind: 'SubjectAccessReview',
    group: AUTHORIZATION,
    answer: reviewSomebody,
  },
};

type Sent = { readonly metadata?: object; readonly spec?: AccessSpec };

function readSent(request: RestRequest): { readonly sent: Sent } | { readonly refusal: Status } {
  const parsed = parseBody(request.body ?? '{}');
  if (!parsed.ok) return { refusal: parsed.status };
  const value = parsed.value;
  return { sent: value !== null && typeof value === 'object' ? value : {} };
}

const DEFAULT_SECONDS = 3_600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

/** POST of `serviceaccounts/NAME/token`: a token for a while (authentication.k8s.io/v1 TokenRequest). */
export function createToken(
  request: RestRequest,
  namespace: string,
  name: string,
  { store, now }: ApiServer,
): RestResponse {
  const names = { group: '', plural: 'serviceaccounts', kind: 'ServiceAccount' };
  const account = store.get<ServiceAccount>('ServiceAccount', namespace, name);
  if (!account) return statusResponse(notFound(names, name));
  const read = readSent(request);
  if ('refusal' in read) return statusResponse(read.refusal);
  const {
    audiences = API_AUDIENCES,
    expirationSeconds = DEFAULT_SECONDS,
    boundObjectRef,
  } = read.sent.spec ?? {};
  const field = 'spec.expirationSeconds';
  const problem =
    expirationSeconds < LEAST_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : expirationSeconds > MOST_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem !== undefined) {
    const kind = { group: AUTHENTICATION, plural: 'tokenrequests', kind: 'TokenRequest' };
    return statusResponse(invalidStatus(kind, '', [invalid(field, expirationSeconds, problem)]));
  }
  const token = issueToken(
    {
      namespace,
      account: { name, uid: account.metadata.uid ?? '' },
      audiences: audiences.length > 0 ? audiences : API_AUDIENCES,
      expirationSeconds,
      bound: boundObjectRef,
    },
    store,
    now,
  );
  return jsonResponse(201, {
    kind: 'TokenRequest',
    apiVersion: `${AUTHENTICATION}/v1`,
    metadata: { name, namespace, creationTimestamp: formatTimestamp(now) },
    spec: { audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status: { token, expirationTimestamp: formatTimestamp(now + expirationSeconds * SECOND) },
  });
}

/** Answers a question about oneself or others; undefined when the request is none. */
export function handleReview(
  request: RestRequest,
  segments: readonly string[],
  asker: Asker,
): RestResponse | undefined {
  const [root, group = '', version, ...rest] = segments;
  if (request.method !== 'POST' || root !== 'apis' || version !== 'v1') return undefined;
  const isNamespaced = rest[0] === 'namespaces' && rest.length === 3;
  const review = REVIEWS[(isNamespaced ? rest[2] : rest[0]) ?? ''];
  if (review?.group !== group || (review.isNamespaced ?? false) !== isNamespaced) return undefined;
  const read = readSent(request);
  if ('refusal' in read) return statusResponse(read.refusal);
  const { spec = {} } = read.sent;
  const reviewed = review.answer(spec, asker);
  if ('problems' in reviewed) {
    const names = { group, plural: '', kind: review.kind };
    return statusResponse(invalidStatus(names, '', reviewed.problems));
  }
  return jsonResponse(201, {
    kind: review.kind,
    apiVersion: `${group}/v1`,
    metadata: { creationTimestamp: null },
    ...(review.kind === 'SelfSubjectReview' ? {} : { spec }),
    status: reviewed.status,
  });
}
