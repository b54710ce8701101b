import type { KubeObject } from '../../api/meta/object.ts';
import { kindKey } from '../../api/kinds.ts';
import { groupResource, type KindDescription } from '../../api/schema/kind-description.ts';
import type { Store } from '../../apiserver/store.ts';
import type { CommandResult, Follower } from '../command.ts';
import { ask, fail, failStatus, isSet, urlOf, valueOf, queryOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { dryRunOf } from './print-made.ts';
import {
  fetchTarget,
  formatTarget,
  NOTHING_NAMED,
  parseTargets,
  readManifests,
  type Target,
} from './resources.ts';

export const DELETE_FLAGS: readonly FlagSpec[] = [
  flag('filename', 'list', 'f'),
  flag('selector', 'string', 'l'),
  flag('field-selector', 'string'),
  flag('all', 'boolean'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('force', 'boolean'),
  flag('grace-period', 'int'),
  flag('now', 'boolean'),
  flag('wait', 'boolean'),
  flag('timeout', 'duration'),
  flag('cascade', 'string', undefined, 'background'),
  flag('ignore-not-found', 'boolean'),
  flag('output', 'string', 'o'),
  flag('dry-run', 'string', undefined, 'unchanged'),
];

export const DELETE_FOLLOWER = 'kubectl delete --wait';

/** What a delete waits for. Plain data. */
interface Waiting {
  readonly objects: { kind: string; namespace?: string; name: string; uid?: string }[];
}

interface Doomed {
  /** The file that named it. */
  readonly source?: string;
  readonly kind: KindDescription;
  readonly namespace?: string;
  readonly name: string;
}

function doomedOf(call: Call): Doomed[] | undefined {
  if (valueOf(call, 'filename') !== undefined) {
    return readManifests(call).map(({ kind, source, object: { metadata } }) => ({
      kind,
      source,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    }));
  }
  const { words } = call.flags;
  if (words.length === 0) {
    fail(call, NOTHING_NAMED);
    return undefined;
  }
  const targets = parseTargets(call, words);
  if (!targets) return undefined;
  const isOpen = targets.some(({ name }) => name === undefined);
  const isSelected =
    isSet(call, 'all') ||
    valueOf(call, 'selector') !== undefined ||
    valueOf(call, 'field-selector') !== undefined;
  if (isOpen && !isSelected) {
    fail(call, 'resource(s) were provided, but no name was specified');
    return undefined;
  }
  return targets.flatMap((target) => expand(call, target));
}

function expand(call: Call, target: Target): Doomed[] {
  const { kind, name } = target;
  const place = kind.isNamespaced ? { namespace: call.namespace } : {};
  if (name !== undefined) return [{ kind, name, ...place }];
  return fetchTarget(call, target).map(({ object: { metadata } }) => ({
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  }));
}

/** `gracePeriodSeconds` of the request; undefined leaves it to the object. */
function graceOf(call: Call): number | undefined {
  if (isSet(call, 'now')) return 1;
  const value = valueOf(call, 'grace-period');
  if (value !== undefined && value !== '-1') {
    // Zero without --force is one second, so that nothing is lost by accident.
    return Number(value) === 0 && !isSet(call, 'force') ? 1 : Number(value);
  }
  return isSet(call, 'force') ? 0 : undefined;
}

const CASCADES: Readonly<Record<string, string>> = {
  background: 'Background',
  true: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  false: 'Orphan',
};

function sayDeleted(call: Call, { kind, name, namespace }: Doomed, suffix: string): void {
  const verb = graceOf(call) === 0 ? 'force deleted' : 'deleted';
  if (valueOf(call, 'output') === 'name') {
    call.stdout += `${formatTarget(kind, name)}\n`;
    return;
  }
  const where = kind.isNamespaced ? ` from ${namespace} namespace` : '';
  const shown =
    kind.group === '' ? kind.singular : groupResource({ group: kind.group, plural: kind.singular });
  call.stdout += `${shown} ${JSON.stringify(name)} ${verb}${where}${suffix}\n`;
}

const FORCE_WARNING =
  'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n';

const SCOPE_WARNING =
  'Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n';

function deleteOne(call: Call, doomed: Doomed, waiting: Waiting): void {
  const dryRun = dryRunOf(call) ?? 'client';
  const { kind, namespace, name } = doomed;
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  if (dryRun === 'client') {
    const answer = ask(call, { method: 'GET', path: urlOf(kind, namespace, name) });
    if (answer.ok) sayDeleted(call, doomed, suffix);
    else failStatus(call, answer.status);
    return;
  }
  const grace = graceOf(call);
  const answer = ask<KubeObject & { details?: { uid?: string } }>(call, {
    method: 'DELETE',
    path:
      urlOf(kind, namespace, name) + queryOf({ dryRun: dryRun === 'server' ? 'All' : undefined }),
    body: JSON.stringify({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: CASCADES[valueOf(call, 'cascade') ?? 'background'] ?? 'Background',
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    }),
  });
  if (!answer.ok) {
    const isExpected = answer.status.reason === 'NotFound' && isSet(call, 'ignore-not-found');
    const { source } = doomed;
    const prefix = source === undefined ? '' : `error when deleting ${JSON.stringify(source)}: `;
    if (!isExpected) failStatus(call, answer.status, prefix);
    return;
  }
  sayDeleted(call, doomed, suffix);
  const uid = answer.value.metadata.uid ?? answer.value.details?.uid;
  waiting.objects.push({
    kind: kindKey(kind),
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  });
}

/** Whether something is still there that was deleted (another object of its name does not count). */
function isPending(store: Store, waiting: Waiting): boolean {
  return waiting.objects.some(({ kind, namespace, name, uid }) => {
    const object = store.get(kind, namespace, name);
    return object !== undefined && (uid === undefined || object.metadata.uid === uid);
  });
}

/** `kubectl delete`: asks, says so, and waits until the objects are gone. */
export function remove(call: Call): CommandResult | undefined {
  const dryRun = dryRunOf(call);
  const cascade = valueOf(call, 'cascade');
  if (cascade !== undefined && CASCADES[cascade] === undefined) {
    fail(
      call,
      `invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`,
    );
    return undefined;
  }
  const doomed = dryRun && doomedOf(call);
  if (!doomed) return undefined;
  if (doomed.length === 0 && call.exitCode === 0) {
    call.stdout += 'No resources found\n';
    return undefined;
  }
  if (graceOf(call) === 0) call.stderr += FORCE_WARNING;
  if (valueOf(call, 'namespace') !== undefined && doomed.some(({ kind }) => !kind.isNamespaced)) {
    call.stderr += SCOPE_WARNING;
  }
  const waiting: Waiting = { objects: [] };
  for (const one of doomed) deleteOne(call, one, waiting);
  const waits = valueOf(call, 'wait') !== 'false' && dryRun === 'none' && call.exitCode === 0;
  if (!waits || !isPending(call.server.store, waiting)) return undefined;
  return {
    type: 'following',
    stdout: call.stdout,
    stderr: call.stderr,
    follower: DELETE_FOLLOWER,
    state: waiting,
  };
}

/** Continues a delete that waits. */
export const followDelete: Follower = (state, { cluster }) =>
  isPending(cluster.store, state as Waiting) ? { output: '' } : { output: '', exitCode: 0 };
