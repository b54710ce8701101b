import type { Micros } from '../../../base/clock.ts';
import type { ConfigMap } from '../../../api/core/config-map.ts';
import type { Event } from '../../../api/core/event.ts';
import type { Namespace } from '../../../api/core/namespace.ts';
import type { ServiceAccount } from '../../../api/core/service-account.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { annotationLines, eventLines, labelLines, Lines } from './lines.ts';

/** `kubectl describe namespace`. */
export function describeNamespace(namespace: Namespace): string {
  const lines = new Lines();
  const { metadata, status } = namespace;
  lines.line(0, `Name:\t${metadata.name}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, `Status:\t${status?.phase ?? ''}`);
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    lines.line(0, 'Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage');
    lines.line(1, '----\t------\t------------------\t------\t-------');
    for (const { type, status: state, lastTransitionTime, reason, message } of conditions) {
      lines.line(1, `${type}\t${state}\t${lastTransitionTime}\t${reason}\t${message}`);
    }
  }
  return lines.text;
}

const sorted = (map: Readonly<Record<string, string>>) =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

/** `kubectl describe configmap`. */
export function describeConfigMap(map: ConfigMap, events: readonly Event[], now: Micros): string {
  const lines = new Lines();
  lines.line(0, `Name:\t${map.metadata.name}`);
  lines.line(0, `Namespace:\t${map.metadata.namespace}`);
  labelLines(lines, 0, 'Labels', map.metadata.labels);
  annotationLines(lines, map.metadata.annotations);
  lines.line(0, '\nData\n====');
  for (const [key, value] of sorted(map.data ?? {})) lines.line(0, `${key}:\n----\n${value}\n`);
  lines.line(0, '\nBinaryData\n====');
  for (const [key, value] of sorted(map.binaryData ?? {})) {
    lines.line(0, `${key}: ${Math.floor((value.length * 3) / 4)} bytes`);
  }
  lines.line(0, '');
  eventLines(lines, events, now);
  return lines.text;
}

/** `kubectl describe serviceaccount`. */
export function describeServiceAccount(
  account: ServiceAccount,
  events: readonly Event[],
  now: Micros,
): string {
  const lines = new Lines();
  lines.line(0, `Name:\t${account.metadata.name}`);
  lines.line(0, `Namespace:\t${account.metadata.namespace}`);
  labelLines(lines, 0, 'Labels', account.metadata.labels);
  annotationLines(lines, account.metadata.annotations);
  const secrets = (account.imagePullSecrets ?? []).map(({ name }) => name ?? '');
  lines.line(0, `Image pull secrets:\t${secrets[0] ?? '<none>'}`);
  for (const secret of secrets.slice(1)) lines.line(0, `\t${secret}`);
  eventLines(lines, events, now);
  return lines.text;
}

/** `creationTimestamp` reads `Creation Timestamp`. */
function titleOf(key: string): string {
  if (/[^\p{L}-]/u.test(key)) return key;
  // fatih/camelcase: a run of capitals gives its last one to the small letters behind it.
  const words = key.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}|-/gu) ?? [];
  return words
    .map((word) =>
      /^(api|url|uid|osb|guid)$/i.test(word)
        ? word.toUpperCase()
        : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join(' ');
}

/** Fields that are shown at the top, or never. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  '': [],
  metadata: ['name', 'namespace', 'labels', 'annotations', 'managedFields'],
};

/** Texts as they are, numbers and truths as JSON has them, nothing as Go's nil. */
function scalarText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null ? '<nil>' : JSON.stringify(value);
}

function valueLines(lines: Lines, value: object, path: string, level: number): void {
  const hidden = HIDDEN[path] ?? [];
  const entries = Object.entries(value).filter(([key]) => !hidden.includes(key));
  const titled = entries.map(([key, inner]) => [titleOf(key), inner as unknown, key] as const);
  for (const [title, inner, key] of titled.sort(([, , a], [, , b]) => (a < b ? -1 : 1))) {
    if (Array.isArray(inner)) {
      lines.line(level, `${title}:`);
      for (const item of inner as unknown[]) {
        if (item !== null && typeof item === 'object')
          valueLines(lines, item, `${path}.${key}`, level + 1);
        else lines.line(level + 1, scalarText(item));
      }
    } else if (inner !== null && typeof inner === 'object') {
      lines.line(level, `${title}:`);
      valueLines(lines, inner, path === '' ? key : `${path}.${key}`, level + 1);
    } else lines.line(level, `${title}:\t${scalarText(inner)}`);
  }
}

/** Any other object: its fields, one per line. */
export function describeAny(object: KubeObject, events: readonly Event[], now: Micros): string {
  const lines = new Lines();
  const { metadata } = object;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace ?? ''}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  valueLines(lines, object, '', 0);
  eventLines(lines, events, now);
  return lines.text;
}
