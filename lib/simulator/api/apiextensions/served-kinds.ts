import { BUILT_IN_KINDS, isBuiltInGroup, kindKey, type Kinds } from '../kinds.ts';
import type { KubeObject } from '../meta/object.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';
import { describeCustomKind } from './describe-custom-kind.ts';

const described = new WeakMap<KubeObject, readonly KindDescription[]>();
const served = new WeakMap<readonly KubeObject[], Kinds>();

/** The kind's served versions; none before its names are accepted. Remembered per stored object, which never changes. */
function kindsOf(definition: CustomResourceDefinition): readonly KindDescription[] {
  const known = described.get(definition);
  if (known) return known;
  const kinds = describeCustomKind(definition);
  described.set(definition, kinds);
  return kinds;
}

/**
 * What a store with these CustomResourceDefinitions serves. Behaviour is derived from the objects, so that a store's
 * state stays plain data; the same list gives the same answer.
 */
export function servedKinds(definitions: readonly KubeObject[]): Kinds {
  if (definitions.length === 0) return BUILT_IN_KINDS;
  const known = served.get(definitions);
  if (known) return known;
  // Groups that the API serves by itself stay as they are, whoever installs a definition of theirs (ClusterNetworkPolicy).
  const custom = (definitions as readonly CustomResourceDefinition[])
    .filter(({ spec }) => !isBuiltInGroup(spec.group))
    .flatMap(kindsOf);
  const kinds: Kinds = {
    list: [...BUILT_IN_KINDS.list, ...custom.filter(({ custom: own }) => own?.isServed)],
    byKey: new Map([
      ...BUILT_IN_KINDS.byKey,
      ...custom
        .filter(({ custom: own }) => own?.isStored)
        .map((kind) => [kindKey(kind), kind] as const),
    ]),
  };
  served.set(definitions, kinds);
  return kinds;
}
