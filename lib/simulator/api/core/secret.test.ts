import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { seedRandom } from '../../base/random.ts';
import { createStore, createStoreState } from '../../apiserver/create-store.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { Secret } from './secret.ts';

const NOW = 1_700_000_000 * SECOND;

function openServer() {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('secret'),
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const server = { store, options: { kubernetesVersion: '1.35' as const }, now: NOW };
  return (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => {
    const response = handleRequest(
      {
        method,
        path: `/api/v1/namespaces/default/secrets${path}`,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      },
      server,
    );
    return JSON.parse('body' in response ? response.body : '{}') as Omit<Secret, 'kind'> & {
      message?: string;
    };
  };
}

const secret = (extra: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'x' },
  ...extra,
});

test('plain texts become data in base64, over what data said', () => {
  const send = openServer();
  const made = send('POST', '', secret({ data: { a: 'YQ==' }, stringData: { a: 'grün', b: '' } }));
  expect(made).toMatchObject({ type: 'Opaque', data: { a: 'Z3LDvG4=', b: '' } });
  expect(made.stringData).toBeUndefined();
});

test.each([
  [
    'text that is no base64',
    { data: { a: 'p@ss' } },
    'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 1',
  ],
  [
    'a TLS secret without its parts',
    { type: 'kubernetes.io/tls' },
    'Secret "x" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]',
  ],
  [
    'neither user nor password',
    { type: 'kubernetes.io/basic-auth' },
    'Secret "x" is invalid: [data[username]: Required value, data[password]: Required value]',
  ],
  [
    'a token without its account',
    { type: 'kubernetes.io/service-account-token' },
    'Secret "x" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ],
  [
    'an empty registry configuration',
    { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': '' } },
    'Secret "x" is invalid: data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
  ],
])('%s is refused', (_, extra, message) => {
  expect(openServer()('POST', '', secret(extra)).message).toBe(message);
});

test('the type of a secret stays, and so does what is immutable', () => {
  const send = openServer();
  const made = send('POST', '', secret({ stringData: { a: '1' }, immutable: true }));
  expect(send('PUT', '/x', { ...made, type: 'other', stringData: { a: '2' } }).message).toBe(
    'Secret "x" is invalid: [type: Invalid value: "other": field is immutable, data: Forbidden: field is immutable when `immutable` is set]',
  );
});
