import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  WebhookRule,
} from '../../api/admissionregistration/mutating-webhook-configuration.ts';
import { matchesLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type { KubeObject, Status } from '../../api/meta/object.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { statusFailure } from '../status.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission-plugin.ts';
import type { CallWebhook, WebhookAnswer } from './webhook-call.ts';

const includes = (list: readonly string[] | undefined, value: string) =>
  list?.some((each) => each === '*' || each === '*/*' || each === value) ?? false;

function isAbout(rule: WebhookRule, { kind, operation }: AdmissionRequest): boolean {
  const scope = kind.isNamespaced ? 'Namespaced' : 'Cluster';
  return (
    includes(rule.operations, operation) &&
    includes(rule.apiGroups, kind.group) &&
    includes(rule.apiVersions, kind.version) &&
    includes(rule.resources, kind.plural) &&
    includes([rule.scope ?? '*'], scope)
  );
}

const picks = (selector: LabelSelector | undefined, object: KubeObject | undefined) =>
  matchesLabelSelector(selector ?? {}, object?.metadata.labels);

function isAsked(webhook: MutatingWebhook, request: AdmissionRequest): boolean {
  const { object, kind, store } = request;
  if (!webhook.rules?.some((rule) => isAbout(rule, request))) return false;
  if (!picks(webhook.objectSelector, object)) return false;
  if (kind.kind === 'Namespace' && !kind.custom) return picks(webhook.namespaceSelector, object);
  if (!kind.isNamespaced) return true;
  const home = store.get('Namespace', undefined, object.metadata.namespace ?? '');
  return picks(webhook.namespaceSelector, home);
}

/** Why a Service cannot be called, before any packet: as the API server's own resolver words it. */
function unreachable({ clientConfig }: MutatingWebhook, { store }: AdmissionRequest) {
  const { service } = clientConfig;
  if (!service) return undefined;
  const { namespace, name } = service;
  if (!store.get('Service', namespace, name)) return `service ${JSON.stringify(name)} not found`;
  const slices = store.list<EndpointSlice>('EndpointSlice', {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const isReady = slices.some(({ endpoints }) =>
    endpoints.some(({ conditions }) => conditions?.ready !== false),
  );
  return isReady ? undefined : `no endpoints available for service ${JSON.stringify(name)}`;
}

function urlOf({ clientConfig, timeoutSeconds = 10 }: MutatingWebhook): string {
  const { service, url = '' } = clientConfig;
  const base = service
    ? `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}${service.path ?? '/'}`
    : url;
  return `${base}?timeout=${timeoutSeconds}s`;
}

function failure(webhook: MutatingWebhook, why: string): Status {
  const message = `failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: Post ${JSON.stringify(urlOf(webhook))}: ${why}`;
  return statusFailure(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ reason: '', message }],
  });
}

const NOBODY: CallWebhook = () => ({ type: 'failed', why: 'connect: connection refused' });

function ask(webhook: MutatingWebhook, request: AdmissionRequest): Status | undefined {
  const { object, operation, callWebhook = NOBODY } = request;
  const closed = unreachable(webhook, request);
  const answer: WebhookAnswer =
    closed === undefined
      ? callWebhook({ webhook, operation, object })
      : { type: 'failed', why: closed };
  switch (answer.type) {
    case 'allowed':
      if (answer.object && operation !== 'DELETE') Object.assign(object, answer.object);
      return undefined;
    case 'refused': {
      const { message, code = 403 } = answer;
      const said = `admission webhook ${JSON.stringify(webhook.name)} denied the request: ${message}`;
      return statusFailure(code, code === 403 ? 'Forbidden' : 'Unknown', said);
    }
    case 'failed':
      return webhook.failurePolicy === 'Ignore' ? undefined : failure(webhook, answer.why);
  }
}

/**
 * Asks the webhooks of all MutatingWebhookConfigurations, by name, in their order (apiserver
 * pkg/admission/plugin/webhook/mutating). Which programs answer is the cluster's to say; so far none does.
 * Simplified: match conditions are not evaluated, and no webhook is asked twice.
 */
export const mutatingWebhooks: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  admit(request) {
    if (request.kind.group === 'admissionregistration.k8s.io') return undefined;
    const configurations = request.store.list<MutatingWebhookConfiguration>(
      'MutatingWebhookConfiguration',
    );
    for (const webhook of configurations.flatMap(({ webhooks = [] }) => webhooks)) {
      const refusal = isAsked(webhook, request) ? ask(webhook, request) : undefined;
      if (refusal) return refusal;
    }
    return undefined;
  },
};
