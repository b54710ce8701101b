import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from '../api/meta/object.ts';
import { OrderedObjects } from './ordered-objects.ts';

const NAMESPACES = ['a', 'a-b', 'a0', 'b', 'kube-system'];
const key = fc
  .tuple(fc.constantFrom(...NAMESPACES), fc.constantFrom('web', 'web-1', 'web-10', 'web-2', 'x.y'))
  .map(([namespace, name]) => `${namespace}/${name}`);

/** A write (put or taken away), or a look at one of the lists. */
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('put', 'delete'), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('all'), key }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('namespace'), key }) },
);

const namespaceOf = (text: string) => text.slice(0, text.indexOf('/'));

const sorted = (objects: Readonly<Record<string, KubeObject>>, namespace?: string) =>
  Object.entries(objects)
    .filter(([each]) => namespace === undefined || namespaceOf(each) === namespace)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object);

const objectOf = (text: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: text.slice(text.indexOf('/') + 1),
    namespace: namespaceOf(text),
    resourceVersion: String(version),
  },
});

test('the lists are always what sorting the keys gives, and one that was handed out stays as it is', () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(action, { maxLength: 120 }), (first, actions) => {
      const objects: Record<string, KubeObject> = {};
      for (const each of first) objects[each] = objectOf(each, 0);
      const ordered = new OrderedObjects(objects);
      const handedOut: { list: readonly KubeObject[]; copy: readonly KubeObject[] }[] = [];
      for (const [version, { type, key: at }] of actions.entries()) {
        if (type === 'put') objects[at] = objectOf(at, version);
        if (type === 'delete') delete objects[at];
        if (type === 'put' || type === 'delete') {
          ordered.note(at);
          continue;
        }
        const namespace = type === 'namespace' ? namespaceOf(at) : undefined;
        const list = namespace === undefined ? ordered.all() : ordered.inNamespace(namespace);
        expect(list).toEqual(sorted(objects, namespace));
        handedOut.push({ list, copy: [...list] });
      }
      for (const { list, copy } of handedOut) expect(list).toEqual(copy);
    }),
    { numRuns: 300 },
  );
});

/** Labels come, change and go with the versions. */
const labelOf = (version: number) => ['x', 'y', undefined][version % 3];

test('a list by a label is always what looking at every object gives', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const objects: Record<string, KubeObject> = {};
      const ordered = new OrderedObjects(objects, 'app');
      for (const [version, { type, key: at }] of actions.entries()) {
        if (type === 'put') {
          const object = objectOf(at, version);
          const app = labelOf(version);
          objects[at] = {
            ...object,
            metadata: { ...object.metadata, ...(app === undefined ? {} : { labels: { app } }) },
          };
        } else if (type === 'delete') delete objects[at];
        ordered.note(at);
        for (const value of ['x', 'y', 'z']) {
          const wanted = sorted(objects).filter(
            ({ metadata }) => metadata.labels?.['app'] === value,
          );
          expect(ordered.labelled(value)).toEqual(wanted);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('more changes at once than are worth applying one by one give the same', () => {
  const objects: Record<string, KubeObject> = { 'b/0': objectOf('b/0', 0) };
  const ordered = new OrderedObjects(objects);
  expect(ordered.inNamespace('a')).toEqual([]);
  for (let index = 0; index < 100; index++) {
    const each = `${NAMESPACES[index % 2] ?? ''}/web-${index}`;
    objects[each] = objectOf(each, index);
    ordered.note(each);
  }
  expect(ordered.all()).toEqual(sorted(objects));
  expect(ordered.inNamespace('a')).toEqual(sorted(objects, 'a'));
});
