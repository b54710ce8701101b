import type { KubeObject } from '../../api/meta/object.ts';
import { kindKeyOf, requireKind } from '../../api/kinds.ts';
import { validationOf, withLastApplied } from './apply.ts';
import { ask, fail, failStatus, isSet, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { dryRunOf, printMade, type DryRun } from './print-made.ts';

/** Flags of every command that makes an object from words. */
export const MAKE_FLAGS: readonly FlagSpec[] = [
  flag('output', 'string', 'o'),
  flag('dry-run', 'string', undefined, 'unchanged'),
  flag('validate', 'string', undefined, 'strict'),
  flag('field-manager', 'string'),
  flag('save-config', 'boolean'),
  flag('allow-missing-template-keys', 'boolean'),
  flag('show-managed-fields', 'boolean'),
  flag('template', 'string'),
];

/** What is made, and what kubectl says before a refusal: `failed to create job: `; without it the refusal as it is. */
export interface Making {
  readonly object: unknown;
  readonly refused?: string;
}

/** Sends a generated object and says so; with a client dry run it is shown as it would be sent. */
export function make(
  call: Call,
  { object: wanted, refused }: Making,
  verb: string,
): KubeObject | undefined {
  const dryRun = dryRunOf(call);
  if (!dryRun) return undefined;
  let object = wanted as KubeObject;
  const kind = requireKind(kindKeyOf(object), call.server.store.kinds);
  if (kind.isNamespaced && call.flags.values.has('namespace')) {
    object = { ...object, metadata: { ...object.metadata, namespace: call.namespace } };
  }
  if (isSet(call, 'save-config')) object = withLastApplied(object);
  const sent = dryRun === 'client' ? object : send(call, object, dryRun, refused);
  if (!sent) return undefined;
  printMade(call, [{ kind, object: sent, verb }], dryRun);
  return sent;
}

function send(
  call: Call,
  object: KubeObject,
  dryRun: DryRun,
  refused: string | undefined,
): KubeObject | undefined {
  const kind = requireKind(kindKeyOf(object), call.server.store.kinds);
  const namespace = kind.isNamespaced ? call.namespace : undefined;
  const answer = ask(call, {
    method: 'POST',
    path:
      urlOf(kind, namespace) +
      queryOf({
        dryRun: dryRun === 'server' ? 'All' : undefined,
        fieldManager: valueOf(call, 'field-manager') ?? `kubectl-${call.command.split(' ')[0]}`,
        fieldValidation: validationOf(call),
      }),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(
      namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } },
    ),
  });
  if (answer.ok) return answer.value;
  if (refused === undefined) failStatus(call, answer.status);
  else fail(call, `${refused}${answer.status.message}`);
  return undefined;
}
