import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namespaceOf, twoMachines } from '../testing/lab.ts';
import type { Route } from './network.ts';
import { addRoute, addRoutes, deleteRoute, formatRoute, routesOfTable } from './routes.ts';

const route: fc.Arbitrary<Route> = fc
  .record({
    destination: fc.constantFrom('10.1.0.0/16', '10.2.0.0/16', '0.0.0.0/0', 'fd00:1::/64'),
    via: fc.constantFrom(undefined, '10.0.0.2', '192.0.2.1'),
    device: fc.constantFrom('eth0', 'eth0', 'eth9'),
    metric: fc.constantFrom(undefined, 0, 100, 1024),
    table: fc.constantFrom(undefined, 254, 100),
  })
  .map(({ destination, via, device, metric, table }) => ({
    destination,
    device,
    ...(via === undefined || destination.includes(':') ? {} : { via }),
    ...(metric === undefined ? {} : { metric }),
    ...(table === undefined ? {} : { table }),
  }));

test('routes added together are those that are added one by one, with the same answers', () => {
  fc.assert(
    fc.property(fc.array(route, { maxLength: 20 }), (routes) => {
      const [one, together] = [namespaceOf(twoMachines(), 'a'), namespaceOf(twoMachines(), 'a')];
      expect(addRoutes(together, routes)).toEqual(routes.map((each) => addRoute(one, each)));
      expect(together.routes).toEqual(one.routes);
    }),
  );
});

test('a table that is printed again after a route was taken out and another put in shows the other', () => {
  const namespace = namespaceOf(twoMachines(), 'a');
  const printed = () => routesOfTable(namespace, 4, 254).map(formatRoute);
  const connected = '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1';
  addRoute(namespace, { destination: '10.9.0.0/16', via: '10.0.0.2', device: 'eth0' });
  expect(printed()).toEqual([connected, '10.9.0.0/16 via 10.0.0.2 dev eth0']);
  expect(routesOfTable(namespace, 4, 254)).toBe(routesOfTable(namespace, 4, 254));
  deleteRoute(namespace, { destination: '10.9.0.0/16' });
  addRoute(namespace, { destination: '10.8.0.0/16', via: '10.0.0.2', device: 'eth0' });
  expect(printed()).toEqual([connected, '10.8.0.0/16 via 10.0.0.2 dev eth0']);
});
