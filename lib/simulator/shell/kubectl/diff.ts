import { formatTimestamp } from '../../base/clock.ts';
import { copyPlain } from '../../base/copy.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { applyPatch, findLive } from './apply.ts';
import { ask, fail, failStatus, isSet, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { unifiedHunks } from './diff-lines.ts';
import { flag, type FlagSpec } from './flags.ts';
import { emitYaml } from './print/emit-yaml.ts';
import { readManifests, type Manifest } from './resources.ts';

export const DIFF_FLAGS: readonly FlagSpec[] = [
  flag('filename', 'list', 'f'),
  flag('kustomize', 'string', 'k'),
  flag('recursive', 'boolean', 'R'),
  flag('selector', 'string', 'l'),
  flag('field-manager', 'string'),
  flag('server-side', 'boolean'),
  flag('force-conflicts', 'boolean'),
  flag('show-managed-fields', 'boolean'),
  flag('prune', 'boolean'),
  flag('concurrency', 'int'),
];

interface Comparison {
  /** `apps.v1.Deployment.default.web`. */
  readonly file: string;
  readonly live: KubeObject | undefined;
  readonly merged: KubeObject;
}

/** What the server would make of a manifest, by a dry run; undefined after it printed why not. */
function mergedOf(
  call: Call,
  manifest: Manifest,
  live: KubeObject | undefined,
): KubeObject | undefined {
  const { kind, object } = manifest;
  const { namespace, name } = object.metadata;
  const fieldManager = valueOf(call, 'field-manager');
  const json = (type: string) => ({ 'content-type': `application/${type}` });
  const send = (method: 'POST' | 'PATCH', path: string, type: string, body: unknown, more = {}) => {
    const answer = ask(call, {
      method,
      path: path + queryOf({ dryRun: 'All', ...more }),
      headers: json(type),
      body: JSON.stringify(body),
    });
    if (answer.ok) return answer.value;
    failStatus(call, answer.status);
    return undefined;
  };
  if (isSet(call, 'server-side')) {
    return send('PATCH', urlOf(kind, namespace, name), 'apply-patch+yaml', object, {
      fieldManager: fieldManager ?? 'kubectl',
      force: String(isSet(call, 'force-conflicts')),
    });
  }
  const manager = { fieldManager: fieldManager ?? 'kubectl-client-side-apply' };
  if (!live) return send('POST', urlOf(kind, namespace), 'json', object, manager);
  const annotations = object.metadata.annotations ?? {};
  const modified = { ...object, metadata: { ...object.metadata, annotations } };
  const { patch, type } = applyPatch(manifest, modified, live);
  return patch ? send('PATCH', urlOf(kind, namespace, name), type, patch, manager) : live;
}

function compare(call: Call, manifest: Manifest): Comparison | undefined {
  const { kind, object } = manifest;
  const { namespace = '', name } = object.metadata;
  const answer = findLive(call, kind, object);
  if (answer && !answer.ok) {
    failStatus(call, answer.status);
    return undefined;
  }
  const live = answer?.value;
  const merged = mergedOf(call, manifest, live);
  const group = kind.group === '' ? '' : `${kind.group}.`;
  const file = `${group}${kind.version}.${kind.kind}.${namespace}.${name}`;
  return merged && { file, live, merged };
}

interface SecretData {
  data?: Record<string, string>;
}

/** Values of Secrets are never shown: only that they differ. */
function maskSecrets(live: KubeObject | undefined, merged: KubeObject): void {
  const [before, after] = [live, merged].map((object) => (object as SecretData | undefined)?.data);
  for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    const isSame = before?.[key] === after?.[key];
    const isBoth = before?.[key] !== undefined && after?.[key] !== undefined;
    if (before?.[key] !== undefined) before[key] = isBoth && !isSame ? '*** (before)' : '***';
    if (after?.[key] !== undefined) after[key] = isBoth && !isSame ? '*** (after)' : '***';
  }
}

function textsOf(call: Call, { live, merged }: Comparison): readonly [string, string] {
  const both = [live, merged].map((object) => copyPlain(object));
  const [before, after] = both;
  if (after?.kind === 'Secret') maskSecrets(before, after);
  const [a = '', b = ''] = both.map((object) => {
    if (!object) return '';
    if (!isSet(call, 'show-managed-fields')) delete object.metadata.managedFields;
    return emitYaml(object);
  });
  return [a, b];
}

/** The number at the end of a temporary folder's name: any will do, the same each time. */
function folderNumber(word: string, now: number): number {
  let hash = 2166136261;
  for (const char of `${word}${now}`) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 16777619) >>> 0;
  }
  return hash;
}

/** `2026-11-02 09:00:00.123456789 +0000`, as diff dates its files. */
function fileTime(now: number): string {
  const seconds = formatTimestamp(now).replace('T', ' ').replace('Z', '');
  return `${seconds}.${String(now % 1e6).padStart(6, '0')}000 +0000`;
}

/** `kubectl diff`: what `apply` would change, as `diff -u -N` shows two folders. Exit code 1 when anything differs. */
export function diff(call: Call): void {
  if (valueOf(call, 'filename') === undefined) {
    fail(call, 'must specify one of -f and -k');
    return;
  }
  const { now } = call.server;
  const [live, merged] = ['LIVE', 'MERGED'].map(
    (word) => `/tmp/${word}-${folderNumber(word, now)}`,
  );
  const all = readManifests(call).flatMap((manifest) =>
    call.exitCode === 0 ? (compare(call, manifest) ?? []) : [],
  );
  if (call.exitCode !== 0) return;
  for (const one of all.sort((a, b) => (a.file < b.file ? -1 : 1))) {
    const hunks = unifiedHunks(...textsOf(call, one));
    if (hunks === '') continue;
    const [before, after] = [`${live}/${one.file}`, `${merged}/${one.file}`];
    const time = fileTime(now);
    call.stdout += `diff -u -N ${before} ${after}\n--- ${before}\t${time}\n+++ ${after}\t${time}\n${hunks}`;
    call.exitCode = 1;
  }
}
