import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, notSupported, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
} from './mutating-webhook-configuration.ts';

function setWebhookDefaults(webhook: MutatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.reinvocationPolicy ??= 'Never';
  webhook.timeoutSeconds ??= 10;
  const { service } = webhook.clientConfig;
  if (service) service.port ??= 443;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
}

/** Simplified: the checks that a hand-written webhook is likely to meet. */
function validateWebhook(webhook: MutatingWebhook, field: string): FieldProblem[] {
  const { name, sideEffects, timeoutSeconds = 10, clientConfig } = webhook;
  const problems: FieldProblem[] = [];
  if (name.split('.').length < 3) {
    const detail = 'should be a domain with at least three segments separated by dots';
    problems.push(invalid(`${field}.name`, name, detail));
  }
  if (!sideEffects) {
    problems.push(required(`${field}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  } else if (sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    problems.push(notSupported(`${field}.sideEffects`, sideEffects, ['None', 'NoneOnDryRun']));
  }
  if (timeoutSeconds < 1 || timeoutSeconds > 30) {
    const detail = 'the timeout value must be between 1 and 30 seconds';
    problems.push(invalid(`${field}.timeoutSeconds`, timeoutSeconds, detail));
  }
  if ((clientConfig.service === undefined) === (clientConfig.url === undefined)) {
    problems.push(required(`${field}.clientConfig`, 'exactly one of url or service is required'));
  }
  return problems;
}

const validate = ({ webhooks = [] }: MutatingWebhookConfiguration) =>
  webhooks.flatMap((webhook, i) => validateWebhook(webhook, `webhooks[${i}]`));

export const MUTATING_WEBHOOK_CONFIGURATION: KindDescription<MutatingWebhookConfiguration> = {
  ...PLAIN_KIND,
  kind: 'MutatingWebhookConfiguration',
  group: 'admissionregistration.k8s.io',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  categories: ['api-extensions'],
  isNamespaced: false,
  type: 'admissionregistration.MutatingWebhookConfiguration',
  description: 'Programs that see new objects first and may change or refuse them.',
  columns: [
    NAME_COLUMN,
    column(
      'Webhooks',
      'How many webhooks there are.',
      ({ webhooks = [] }: MutatingWebhookConfiguration) => webhooks.length,
      'integer',
    ),
    AGE_COLUMN,
  ],
  setDefaults: ({ webhooks = [] }) => webhooks.forEach(setWebhookDefaults),
  validate,
  validateUpdate: () => [],
  generationOf: ({ webhooks }) => webhooks,
};
