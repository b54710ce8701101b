import { base64Length, decodeBase64, encodeBase64 } from '../../base/base64.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, required, tooLong, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import { configKeyProblems, validateImmutable } from './config-map-kind.ts';
import type { Secret } from './secret.ts';

const MAX_SIZE = 2 ** 20;
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** Keys that a Secret of a type must have; of the ones of basic-auth, one is enough. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/basic-auth': ['username', 'password'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** Simplified: in Go's words only when nothing is there; what else is wrong with the JSON is said in ours. */
function jsonProblem(coded: string): string | undefined {
  const text = decodeBase64(coded);
  if (text === '') return 'unexpected end of JSON input';
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? undefined
      : 'json: cannot unmarshal into Go value of type map[string]interface {}';
  } catch {
    return 'invalid character in JSON';
  }
}

function validateKeys({ type = '', data = {} }: Secret): FieldProblem[] {
  const keys = REQUIRED_KEYS[type] ?? [];
  // An empty key is none.
  const has = (key: string) =>
    Object.hasOwn(data, key) && (type !== 'kubernetes.io/ssh-auth' || data[key] !== '');
  const missing = keys.filter((key) => !has(key));
  if (type === 'kubernetes.io/basic-auth' && missing.length < keys.length) return [];
  if (missing.length > 0) return missing.map((key) => required(`data[${key}]`));
  if (!type.startsWith('kubernetes.io/dockerc')) return [];
  return keys.flatMap((key) => {
    const problem = jsonProblem(data[key] ?? '');
    return problem ? [invalid(`data[${key}]`, '<secret contents redacted>', problem)] : [];
  });
}

/** pkg/apis/core/validation `ValidateSecret`. */
function validateSecret(secret: Secret): FieldProblem[] {
  const { metadata, data = {}, type } = secret;
  const size = Object.values(data).reduce((sum, value) => sum + base64Length(value), 0);
  const problems = Object.keys(data).flatMap((key) =>
    configKeyProblems(key).map((problem) => invalid(`data[${key}]`, key, problem)),
  );
  if (size > MAX_SIZE) problems.push(tooLong('data', MAX_SIZE));
  if (
    type === 'kubernetes.io/service-account-token' &&
    !metadata.annotations?.[ACCOUNT_ANNOTATION]
  ) {
    problems.push(required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`));
  }
  return [...problems, ...validateKeys(secret)];
}

/** `stringData` is for writing alone: it goes into `data` (pkg/apis/core/v1 conversion of Secrets). */
function setSecretDefaults(secret: Secret): void {
  for (const [key, value] of Object.entries(secret.stringData ?? {})) {
    secret.data = { ...secret.data, [key]: encodeBase64(value) };
  }
  delete secret.stringData;
  secret.type ||= 'Opaque';
}

export const SECRET: KindDescription<Secret> = {
  ...PLAIN_KIND,
  kind: 'Secret',
  group: '',
  plural: 'secrets',
  singular: 'secret',
  type: 'core.Secret',
  description: 'A Secret keeps values that not everybody should read, for pods to use.',
  columns: [
    NAME_COLUMN,
    column('Type', 'What its keys mean.', ({ type }: Secret) => type ?? ''),
    column(
      'Data',
      'How many keys it has.',
      ({ data = {} }: Secret) => Object.keys(data).length,
      'integer',
    ),
    AGE_COLUMN,
  ],
  fieldLabels: { type: ({ type }) => type ?? '' },
  setDefaults: setSecretDefaults,
  validate: validateSecret,
  validateUpdate: (secret, previous) => [
    ...(secret.type === previous.type ? [] : [invalid('type', secret.type, 'field is immutable')]),
    ...validateImmutable(secret, previous, ['data']),
  ],
};
