import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrContains, networkOf } from '../base/cidr.ts';
import { findInTable, prefixOf } from './fib-table.ts';
import type { NetworkNamespace, Route } from './network.ts';
import { addMachine, createNetwork } from './network-state.ts';

/** fib_table_lookup, said in the plainest way: every route is looked at. */
function lookAtAll(
  { routes, links }: NetworkNamespace,
  table: number,
  destination: string,
  outDevice: string | undefined,
): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if ((route.table ?? 254) !== table || !cidrContains(route.destination, destination)) continue;
    const { device } = route;
    if (device !== '' && links[device]?.isUp !== true) continue;
    if (device !== '' && outDevice !== undefined && device !== outDevice) continue;
    const longer = best ? prefixOf(route) - prefixOf(best) : 1;
    if (longer > 0 || (longer === 0 && (route.metric ?? 0) < (best?.metric ?? 0))) best = route;
  }
  return best;
}

const address4 = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1', '10.128.0.1', '192.168.0.1');
const address6 = fc.constantFrom('fd00::1', 'fd00::2', 'fd00:1::1', '2001:db8::1');
const prefix: fc.Arbitrary<readonly [string, number]> = fc.oneof(
  fc.tuple(address4, fc.constantFrom(0, 1, 8, 16, 24, 31, 32)),
  fc.tuple(address6, fc.constantFrom(0, 16, 32, 64, 127, 128)),
);
const route: fc.Arbitrary<Route> = fc
  .record({
    prefix,
    device: fc.constantFrom('lo', 'eth0', 'down0', 'gone0', ''),
    metric: fc.constantFrom(undefined, 0, 100, 200),
    table: fc.constantFrom(undefined, undefined, 100),
  })
  .map(({ prefix: [from, length], device, metric, table }) => ({
    destination: networkOf(`${from}/${String(length)}`) ?? '',
    device,
    ...(metric === undefined ? {} : { metric }),
    ...(table === undefined ? {} : { table }),
  }));

test('a table gives the route that looking at every route gives, while routes come and go', () => {
  const network = createNetwork();
  addMachine(network, 'node');
  const namespace = network.namespaces['node']!;
  const { lo } = namespace.links;
  Object.assign(namespace.links, {
    eth0: { ...lo, name: 'eth0' },
    down0: { ...lo, name: 'down0', isUp: false },
  });
  fc.assert(
    fc.property(
      fc.array(route, { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(), route), { maxLength: 4 }),
      fc.oneof(address4, address6),
      fc.constantFrom(undefined, 'eth0', 'lo'),
      fc.constantFrom(254, 100, 7),
      (routes, changes, destination, outDevice, table) => {
        const check = () => {
          const found = findInTable(namespace, table, destination, outDevice);
          expect(found).toBe(lookAtAll(namespace, table, destination, outDevice));
        };
        namespace.routes.splice(0, namespace.routes.length, ...routes);
        check();
        for (const [at, other] of changes) {
          // One goes and one comes, so that there are as many as before.
          namespace.routes.splice(at % (namespace.routes.length || 1), 1, other);
          check();
        }
      },
    ),
    { numRuns: 1000 },
  );
});
