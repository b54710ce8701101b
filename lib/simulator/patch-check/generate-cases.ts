import { nextInt, seedRandom, type RandomState } from '../base/random.ts';
import { requireKind } from '../api/kinds.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { patchOfStruct, type Fault, type PatchDraw } from './random-patch.ts';
import { randomStruct, type Plain } from './random-value.ts';

/** One object and one patch for it. */
export interface PatchCase {
  readonly kind: KindDescription;
  readonly object: Plain;
  readonly patch: Plain;
}

/** Kinds whose types have merge keys, sets, retained keys and maps. */
const KINDS = ['Pod', 'Deployment', 'Service', 'ServiceAccount', 'Node', 'ConfigMap', 'ReplicaSet'];
const FAULTS: readonly Fault[] = [
  'no-merge-key',
  'wrong-order',
  'not-retained',
  'unknown-directive',
];
/** Fields that every object must keep for kubectl to read it; it prints no managedFields. */
const FIXED = ['apiVersion', 'kind'];

function randomObject(random: RandomState, kind: KindDescription): Plain {
  const value = randomStruct(random, kind.type, 0);
  const { managedFields: _, ...metadata } = randomStruct(random, 'meta.ObjectMeta', 3);
  return {
    ...value,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { ...metadata, name: 'subject' },
  };
}

function generateCase(random: RandomState, kind: KindDescription): PatchCase {
  const object = randomObject(random, kind);
  const draw: PatchDraw = {
    random,
    fault: nextInt(random, 10) === 0 ? FAULTS[nextInt(random, FAULTS.length)] : undefined,
  };
  const changed = patchOfStruct(draw, object, kind.type);
  const parts = Object.entries(changed).filter(
    ([key]) => !FIXED.includes(key) && !key.startsWith('$'),
  );
  const patch = Object.fromEntries(parts);
  const { metadata } = patch;
  if (metadata === null) delete patch['metadata'];
  else if (typeof metadata === 'object') {
    const {
      name: _,
      managedFields: __,
      $retainKeys: ___,
      $patch: ____,
      ...rest
    } = metadata as Plain;
    patch['metadata'] = rest;
  }
  return { kind, object, patch };
}

/** `count` cases, the same ones for the same seed. */
export function generateCases(seed: string, count: number): PatchCase[] {
  const random = seedRandom(`patch-check ${seed}`);
  return Array.from({ length: count }, (_, i) =>
    generateCase(random, requireKind(KINDS[i % KINDS.length]!)),
  );
}
