import { parseBody } from './read-body.ts';
import { jsonResponse } from './rest-response.ts';
import type { RestRequest, RestResponse } from './rest-types.ts';

const USER = {
  username: 'kubernetes-admin',
  groups: ['kubeadm:cluster-admins', 'system:authenticated'],
};

function statusOf(resource: string): unknown {
  switch (resource) {
    case 'selfsubjectaccessreviews':
      return { allowed: true };
    case 'selfsubjectrulesreviews':
      return {
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        incomplete: false,
      };
    case 'selfsubjectreviews':
      return { userInfo: USER };
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
  selfsubjectreviews: 'SelfSubjectReview',
};

/** Questions about oneself. Simplified: there is one user, and it may do everything. */
export function handleReview(
  request: RestRequest,
  segments: readonly string[],
): RestResponse | undefined {
  const [root, group = '', version, resource = ''] = segments;
  const kind = KINDS[resource];
  if (request.method !== 'POST' || root !== 'apis' || version !== 'v1' || !kind) return undefined;
  if (group !== 'authorization.k8s.io' && group !== 'authentication.k8s.io') return undefined;
  const isJson = request.body?.trimStart().startsWith('{') ?? false;
  const parsed = isJson ? parseBody(request.body ?? '') : undefined;
  const sent = parsed?.ok ? (parsed.value as { spec?: unknown }) : {};
  return jsonResponse(201, {
    kind,
    apiVersion: `${group}/v1`,
    metadata: {},
    spec: sent.spec ?? {},
    status: statusOf(resource),
  });
}
