import { expect, test } from 'vitest';
import type { Service, ServiceSpec } from '../api/core/service.ts';
import type { ApiResult, Status } from '../api/meta/object.ts';
import { aNamespace, aService } from '../testing/objects.ts';
import { seedRandom } from '../base/random.ts';
import { createStore, createStoreState } from './create-store.ts';
import type { Store } from './store.ts';

const BOTH = '10.96.0.0/16,fd00:10:96::/112';

function storeWith(serviceCidr: string): Store {
  const store = createStore({
    state: createStoreState(),
    now: () => 0,
    random: seedRandom('families'),
    options: { serviceCidr, nodePortRange: [30_000, 32_767] },
  });
  store.create(aNamespace('default'));
  return store;
}

const create = (serviceCidr: string, spec: Partial<ServiceSpec>): ApiResult<Service> =>
  storeWith(serviceCidr).create<Service>(aService('web', spec));

/** `IPv4=10.96 IPv6=fd00 PreferDualStack`: families with the range of their address, and the policy. */
function summary({ ipFamilies = [], clusterIPs = [], ipFamilyPolicy }: ServiceSpec): string {
  const pairs = ipFamilies.map((family, i) => {
    const ip = clusterIPs[i] ?? 'no address';
    return `${family}=${ip.includes(':') ? ip.split(':')[0] : ip.split('.').slice(0, 2).join('.')}`;
  });
  return [...pairs, ipFamilyPolicy].join(' ');
}

test.each<[string, string, Partial<ServiceSpec>, string]>([
  ['nothing said', BOTH, {}, 'IPv4=10.96 SingleStack'],
  [
    'prefers both',
    BOTH,
    { ipFamilyPolicy: 'PreferDualStack' },
    'IPv4=10.96 IPv6=fd00 PreferDualStack',
  ],
  [
    'requires both',
    BOTH,
    { ipFamilyPolicy: 'RequireDualStack' },
    'IPv4=10.96 IPv6=fd00 RequireDualStack',
  ],
  [
    'IPv6 first',
    BOTH,
    { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6'] },
    'IPv6=fd00 IPv4=10.96 PreferDualStack',
  ],
  [
    'two families and no policy',
    BOTH,
    { ipFamilies: ['IPv6', 'IPv4'] },
    'IPv6=fd00 IPv4=10.96 RequireDualStack',
  ],
  [
    'an address that says the family',
    BOTH,
    { clusterIP: 'fd00:10:96::99' },
    'IPv6=fd00 SingleStack',
  ],
  ['headless with a selector', BOTH, { clusterIP: 'None' }, 'IPv4=None SingleStack'],
  [
    'prefers both where there is one',
    '10.96.0.0/16',
    { ipFamilyPolicy: 'PreferDualStack' },
    'IPv4=10.96 PreferDualStack',
  ],
  ['a cluster of IPv6 alone', 'fd00:10:96::/112', {}, 'IPv6=fd00 SingleStack'],
])('families of a Service: %s', (_name, cidr, spec, expected) => {
  const created = create(cidr, spec);
  expect(created.ok && summary(created.value.spec)).toBe(expected);
});

test('headless without a selector asks for both families, whatever the cluster has', () => {
  const store = storeWith('10.96.0.0/16');
  const service = aService('web', { clusterIP: 'None' });
  delete service.spec.selector;
  const created = store.create<Service>(service);
  expect(created.ok && [created.value.spec.ipFamilies, created.value.spec.ipFamilyPolicy]).toEqual([
    ['IPv4', 'IPv6'],
    'RequireDualStack',
  ]);
});

const messageOf = (result: { ok: boolean; status?: Status }) => result.status?.message ?? '';

test.each<[string, string, Partial<ServiceSpec>, string]>([
  [
    'requires both where there is one',
    '10.96.0.0/16',
    { ipFamilyPolicy: 'RequireDualStack' },
    'this cluster is not configured for dual-stack services',
  ],
  [
    'a family that is not there',
    '10.96.0.0/16',
    { ipFamilies: ['IPv6'] },
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ],
  [
    'one policy, two families',
    BOTH,
    { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
    "must be 'RequireDualStack' or 'PreferDualStack'",
  ],
  [
    'an address of the other family',
    BOTH,
    { ipFamilies: ['IPv4'], clusterIP: 'fd00:10:96::9' },
    'expected an IPv4 value as indicated by `ipFamilies[0]`',
  ],
  [
    'the same family twice',
    BOTH,
    { ipFamilies: ['IPv4', 'IPv4'] },
    'spec.ipFamilies[1]: Duplicate value: "IPv4"',
  ],
  [
    'an address outside the range',
    BOTH,
    { clusterIP: 'fd00::9' },
    'the provided network does not match the current range',
  ],
])('refused: %s', (_name, cidr, spec, words) => {
  expect(messageOf(create(cidr, spec))).toContain(words);
});

test('an update to dual stack adds an address, and one back to a single family gives it back', () => {
  const store = storeWith(BOTH);
  const first = store.create<Service>(aService('web'));
  if (!first.ok) throw new Error(first.status.message);
  const [own] = first.value.spec.clusterIPs ?? [];
  const up = store.update<Service>({
    ...first.value,
    spec: { ...first.value.spec, ipFamilyPolicy: 'PreferDualStack' },
  });
  if (!up.ok) throw new Error(up.status.message);
  expect(up.value.spec.clusterIPs).toEqual([own, expect.stringMatching(/^fd00:10:96::/)]);
  const down = store.update<Service>({
    ...up.value,
    spec: { ...up.value.spec, ipFamilyPolicy: 'SingleStack' },
  });
  expect(down.ok && [down.value.spec.clusterIPs, down.value.spec.ipFamilies]).toEqual([
    [own],
    ['IPv4'],
  ]);
});
