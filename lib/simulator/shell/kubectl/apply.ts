import { copyPlain } from '../../base/copy.ts';
import type { KubeObject, Status } from '../../api/meta/object.ts';
import {
  apiVersionOf,
  groupResource,
  type KindDescription,
} from '../../api/schema/kind-description.ts';
import {
  ask,
  describeStatus,
  fail,
  failStatus,
  isSet,
  queryOf,
  urlOf,
  valueOf,
  type Answer,
  type Call,
} from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { goJson } from './print/emit-json.ts';
import { dryRunOf, printMade, type DryRun, type Made } from './print-made.ts';
import { readManifests, type Manifest } from './resources.ts';
import { threeWayPatch } from './three-way-patch.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export const FILE_FLAGS: readonly FlagSpec[] = [
  flag('filename', 'list', 'f'),
  flag('recursive', 'boolean', 'R'),
  flag('output', 'string', 'o'),
  flag('dry-run', 'string', undefined, 'unchanged'),
  flag('validate', 'string', undefined, 'strict'),
  flag('field-manager', 'string'),
];

export const APPLY_FLAGS: readonly FlagSpec[] = [
  ...FILE_FLAGS,
  flag('kustomize', 'string', 'k'),
  flag('server-side', 'boolean'),
  flag('force-conflicts', 'boolean'),
  flag('force', 'boolean'),
  flag('selector', 'string', 'l'),
  flag('overwrite', 'boolean'),
  flag('prune', 'boolean'),
  flag('all', 'boolean'),
  flag('wait', 'boolean'),
];

/** `fieldValidation` for `--validate`. */
export function validationOf(call: Call): string {
  const value = valueOf(call, 'validate') ?? 'strict';
  if (value === 'false' || value === 'ignore') return 'Ignore';
  return value === 'warn' ? 'Warn' : 'Strict';
}

export const fileName = ({ source }: Manifest) => (source === '-' ? 'STDIN' : source);

const writeQuery = (call: Call, dryRun: DryRun, manager: string) =>
  queryOf({
    fieldManager: valueOf(call, 'field-manager') ?? manager,
    fieldValidation: validationOf(call),
    dryRun: dryRun === 'server' ? 'All' : undefined,
  });

/** Sends a new object. Refusals name the file. */
export function createFrom(
  call: Call,
  manifest: Manifest,
  object: KubeObject,
  dryRun: DryRun,
  manager: string,
): KubeObject | undefined {
  if (dryRun === 'client') return object;
  const { kind } = manifest;
  const answer = ask(call, {
    method: 'POST',
    path: urlOf(kind, object.metadata.namespace) + writeQuery(call, dryRun, manager),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });
  if (answer.ok) return answer.value;
  failStatus(call, answer.status, creatingPrefix(answer.status, manifest));
  return undefined;
}

/** An invalid object is told as it is; everything else with the file it came from. */
function creatingPrefix(status: Status, manifest: Manifest): string {
  return status.reason === 'Invalid'
    ? ''
    : `error when creating ${JSON.stringify(fileName(manifest))}: `;
}

/** The manifest with itself as annotation: what the next apply compares with. */
export function withLastApplied(object: KubeObject): KubeObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  const plain = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...plain,
    metadata: {
      ...plain.metadata,
      annotations: { ...annotations, [LAST_APPLIED]: `${goJson(plain)}\n` },
    },
  };
}

function originalOf(live: KubeObject): unknown {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {};
  }
}

function patchFailure(call: Call, status: Status, manifest: Manifest, patch: unknown): void {
  if (status.reason === 'Invalid') {
    failStatus(call, status);
    return;
  }
  const { kind, object } = manifest;
  const version = `${kind.group}/${kind.version}`;
  const file = JSON.stringify(fileName(manifest));
  call.stderr += `${describeStatus(
    status,
    `error when applying patch:\n${goJson(patch)}\nto:\nResource: "${version}, Resource=${kind.plural}", GroupVersionKind: "${version}, Kind=${kind.kind}"\nName: ${JSON.stringify(object.metadata.name)}, Namespace: ${JSON.stringify(object.metadata.namespace ?? '')}\nfor: ${file}: error when patching ${file}: `,
  )}\n`;
  call.exitCode = 1;
}

/** The patch that `apply` sends for a live object, with its media type; without a patch nothing differs. */
export function applyPatch(
  { kind }: Manifest,
  modified: KubeObject,
  live: KubeObject,
): { readonly patch: unknown; readonly type: string } {
  const { status: _, ...wanted } = modified as KubeObject & { status?: unknown };
  const patch = threeWayPatch(originalOf(live), wanted, live, kind.custom ? '' : kind.type);
  return { patch, type: `${kind.custom ? '' : 'strategic-'}merge-patch+json` };
}

function update(
  call: Call,
  manifest: Manifest,
  modified: KubeObject,
  live: KubeObject,
  dryRun: DryRun,
): Made | undefined {
  const { kind } = manifest;
  if (live.metadata.annotations?.[LAST_APPLIED] === undefined) {
    call.stderr += `Warning: resource ${groupResource({ group: '', plural: kind.plural })}/${live.metadata.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`;
  }
  const { patch, type } = applyPatch(manifest, modified, live);
  if (!patch) return { kind, object: live, verb: 'unchanged' };
  if (dryRun === 'client') return { kind, object: live, verb: 'configured' };
  const answer = ask(call, {
    method: 'PATCH',
    path:
      urlOf(kind, live.metadata.namespace, live.metadata.name) +
      writeQuery(call, dryRun, 'kubectl-client-side-apply'),
    headers: { 'content-type': `application/${type}` },
    body: JSON.stringify(patch),
  });
  if (!answer.ok) {
    patchFailure(call, answer.status, manifest, patch);
    return undefined;
  }
  const isSame = answer.value.metadata.resourceVersion === live.metadata.resourceVersion;
  const verb = isSame && dryRun === 'none' ? 'unchanged' : 'configured';
  return { kind, object: answer.value, verb };
}

/** Looks an object up; undefined when it is not there. */
export function findLive(
  call: Call,
  kind: KindDescription,
  object: KubeObject,
): Answer<KubeObject> | undefined {
  const { namespace, name } = object.metadata;
  const answer = ask(call, { method: 'GET', path: urlOf(kind, namespace, name) });
  return !answer.ok && answer.status.reason === 'NotFound' ? undefined : answer;
}

function applyOne(call: Call, manifest: Manifest, dryRun: DryRun): Made | undefined {
  const { kind, object } = manifest;
  if (!object.metadata.name) {
    fail(
      call,
      object.metadata.generateName
        ? `from ${object.metadata.generateName}: cannot use generate name with apply`
        : `error when retrieving current configuration of:\nResource: ${JSON.stringify(`${apiVersionOf(kind)}, Resource=${kind.plural}`)}, GroupVersionKind: ${JSON.stringify(`${apiVersionOf(kind)}, Kind=${kind.kind}`)}\nName: "", Namespace: ${JSON.stringify(object.metadata.namespace ?? '')}\nfrom server for: ${JSON.stringify(fileName(manifest))}: resource name may not be empty`,
    );
    return undefined;
  }
  const modified = withLastApplied(object);
  const live = findLive(call, kind, object);
  if (!live) {
    const made = createFrom(call, manifest, modified, dryRun, 'kubectl-client-side-apply');
    return made ? { kind, object: made, verb: 'created' } : undefined;
  }
  if (live.ok) return update(call, manifest, modified, live.value, dryRun);
  failStatus(call, live.status);
  return undefined;
}

/** What kubectl says below the conflicts of a server-side apply. */
const CONFLICT_ADVICE = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

function applyOnServer(call: Call, manifest: Manifest, dryRun: DryRun): Made | undefined {
  const { kind, object } = manifest;
  const { namespace, name } = object.metadata;
  const force = isSet(call, 'force-conflicts');
  const answer = ask(call, {
    method: 'PATCH',
    path: `${urlOf(kind, namespace, name)}${writeQuery(call, dryRun, 'kubectl')}&force=${force}`,
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify(object),
  });
  if (answer.ok) return { kind, object: answer.value, verb: 'serverside-applied' };
  const { reason, message = '' } = answer.status;
  if (reason === 'Conflict') fail(call, `${message}\n${CONFLICT_ADVICE}`);
  else failStatus(call, answer.status);
  return undefined;
}

/** `kubectl apply`. */
export function apply(call: Call): void {
  if (valueOf(call, 'filename') === undefined) {
    fail(call, 'must specify one of -f and -k');
    return;
  }
  if (call.flags.words.length > 0) {
    fail(
      call,
      `Unexpected args: [${call.flags.words.join(' ')}]\nSee 'kubectl apply -h' for help and examples`,
    );
    return;
  }
  const dryRun = dryRunOf(call);
  if (!dryRun) return;
  if (isSet(call, 'prune') && !isSet(call, 'all') && valueOf(call, 'selector') === undefined) {
    fail(
      call,
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    );
    return;
  }
  const manifests = readManifests(call);
  if (manifests.length === 0 && call.exitCode === 0) fail(call, 'no objects passed to apply');
  const one = isSet(call, 'server-side') ? applyOnServer : applyOne;
  const made = manifests.flatMap((manifest) => one(call, copyManifest(manifest), dryRun) ?? []);
  printMade(call, made, dryRun);
}

const copyManifest = (manifest: Manifest): Manifest => ({
  ...manifest,
  object: copyPlain(manifest.object),
});

/** A manifest without a version takes the one that stands now (cli-runtime pkg/resource/helper.go `Replace`). */
function withVersion(call: Call, { kind, object }: Pick<Made, 'kind' | 'object'>): KubeObject {
  const { namespace, name, resourceVersion } = object.metadata;
  if (resourceVersion) return object;
  const current = ask<KubeObject>(call, { method: 'GET', path: urlOf(kind, namespace, name) });
  if (!current.ok) return object;
  const version = current.value.metadata.resourceVersion;
  return {
    ...object,
    metadata: { ...object.metadata, ...(version && { resourceVersion: version }) },
  };
}

/** `kubectl replace -f`. */
export function replace(call: Call): void {
  const dryRun = dryRunOf(call);
  if (!dryRun) return;
  if (valueOf(call, 'filename') === undefined) {
    fail(call, 'must specify one of -f and -k');
    return;
  }
  const made: Made[] = [];
  for (const manifest of readManifests(call)) {
    const { kind } = manifest;
    const object = withVersion(call, manifest);
    const { namespace, name } = object.metadata;
    const answer = ask(call, {
      method: 'PUT',
      path: urlOf(kind, namespace, name) + writeQuery(call, dryRun, 'kubectl-replace'),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
    });
    if (answer.ok) made.push({ kind, object: answer.value, verb: 'replaced' });
    else {
      const prefix = `error when replacing ${JSON.stringify(fileName(manifest))}: `;
      failStatus(call, answer.status, answer.status.reason === 'Invalid' ? '' : prefix);
    }
  }
  printMade(call, made, dryRun);
}
