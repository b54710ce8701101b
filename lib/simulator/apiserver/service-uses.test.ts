import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Service } from '../api/core/service.ts';
import { seedRandom } from '../base/random.ts';
import { createStore, createStoreState } from './create-store.ts';

/** Few addresses and ports, so that they run out and are asked for twice. */
const RANGES = { serviceCidr: '10.96.0.0/28', nodePortRange: [30_000, 30_005] } as const;
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const clusterIP = fc.constantFrom(undefined, 'None', '10.96.0.3', '10.96.0.4');
const nodePort = fc.constantFrom(undefined, 30_000, 30_001);

const action = fc.oneof(
  fc.record({ type: fc.constant('put' as const), name, clusterIP, nodePort }),
  fc.record({ type: fc.constant('delete' as const), name, clusterIP, nodePort }),
);

function serviceOf(
  called: string,
  wanted: { clusterIP: string | undefined; nodePort: number | undefined },
): Service {
  const isHeadless = wanted.clusterIP === 'None';
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: called, namespace: 'default' },
    spec: {
      type: isHeadless ? 'ClusterIP' : 'NodePort',
      ...(wanted.clusterIP === undefined ? {} : { clusterIP: wanted.clusterIP }),
      ports: [
        {
          port: 80,
          ...(isHeadless || wanted.nodePort === undefined ? {} : { nodePort: wanted.nodePort }),
        },
      ],
    },
  };
}

test('a store that has counted all along answers as one that counts anew before every write', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const state = createStoreState();
      const parts = { now: () => 0, random: seedRandom('uses'), options: RANGES };
      const kept = createStore({ ...parts, state });
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
      kept.create(namespace);
      for (const each of actions) {
        // Opened over the same state, with the same chance before it: it tries the write and forgets it.
        const anew = createStore({ ...parts, state }).dryRun();
        const results = [anew, kept].map((store) => {
          if (each.type === 'delete') return store.delete('Service', 'default', each.name);
          const wanted = serviceOf(each.name, each);
          const known = store.get<Service>('Service', 'default', each.name);
          return known ? store.update(wanted) : store.create(wanted);
        });
        const [tried, done] = results.map((result) =>
          result.ok ? (result.value as Service).spec : result.status.message,
        );
        expect(done).toEqual(tried);
        const held = kept
          .list<Service>('Service')
          .flatMap(({ spec }) => [
            ...(spec.clusterIPs ?? []).filter((ip) => ip !== 'None'),
            ...(spec.ports ?? []).flatMap((port) => port.nodePort ?? []),
          ]);
        expect(new Set(held).size).toBe(held.length);
      }
    }),
    { numRuns: 150 },
  );
});
