import type { PodTemplateSpec } from '../core/pod.ts';
import { formatLabelSelector, type LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject } from '../meta/object.ts';
import { column, wideColumn } from '../schema/columns.ts';
import type { Column } from '../schema/kind-description.ts';
import type { ReplicaSet } from './replica-set.ts';

interface Templated {
  readonly template?: PodTemplateSpec;
  readonly selector?: LabelSelector;
}

/** The wide columns of everything that makes pods of a template: CONTAINERS, IMAGES and SELECTOR. */
export function templateColumns<T extends KubeObject>(
  specOf: (object: T) => Templated,
): Column<T>[] {
  const containers = (object: T) => specOf(object).template?.spec.containers ?? [];
  return [
    wideColumn('Containers', 'Names of the containers.', (object: T) =>
      containers(object)
        .map(({ name }) => name)
        .join(','),
    ),
    wideColumn('Images', 'Images of the containers.', (object: T) =>
      containers(object)
        .map(({ image }) => image ?? '')
        .join(','),
    ),
    wideColumn('Selector', 'Labels of its pods.', (object: T) =>
      formatLabelSelector(specOf(object).selector),
    ),
  ];
}

type Counted = KubeObject & Pick<ReplicaSet, 'status'> & { spec: { replicas?: number } };

/** DESIRED, CURRENT and READY of what keeps a number of equal pods. */
export const COUNT_COLUMNS: readonly Column<Counted>[] = [
  column('Desired', 'Wanted pods.', ({ spec }: Counted) => spec.replicas ?? 0, 'integer'),
  column('Current', 'Pods there are.', ({ status }: Counted) => status?.replicas ?? 0, 'integer'),
  column('Ready', 'Ready pods.', ({ status }: Counted) => status?.readyReplicas ?? 0, 'integer'),
];
