import type { Micros } from '../../base/clock.ts';
import type { CustomScale, JsonSchema } from '../apiextensions/custom-resource-definition.ts';
import type { KubeObject } from '../meta/object.ts';
import type { FieldProblem } from './field-problem.ts';

/** What stands in a table; null, which only custom kinds have, is printed as nothing. */
export type Cell = string | number | boolean | null;

/** A column of `kubectl get`; the API server prints it, not kubectl. */
export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  /** 0 always shown, more with `-o wide`. */
  readonly priority: number;
  readonly description: string;
  cell(object: T, now: Micros): Cell;
}

/** Gives the text that a field selector compares. A method, so that a list may hold kinds of all types. */
export type FieldLabel<T> = { of(object: T): string }['of'];

/** What custom kinds have besides. */
export interface CustomKind {
  /** The structural schema of this version. */
  readonly schema: JsonSchema;
  readonly listKind: string;
  readonly isServed: boolean;
  /** Whether the store keeps objects in this version. */
  readonly isStored: boolean;
  /** The definition is going away: no new objects. */
  readonly isTerminating: boolean;
  /** Where the scale subresource finds its numbers. */
  readonly scale?: CustomScale;
  /** What every answer warns of: the version is deprecated. */
  readonly warning?: string;
}

/** All that the API knows of a kind, said once: names, fields, defaults, validation, columns, selectors. */
export interface KindDescription<T extends KubeObject = KubeObject> {
  readonly kind: string;
  /** Empty for core. */
  readonly group: string;
  /** `v1`, `v2`, `v1alpha1`. A kind that is served in several versions has a description for each. */
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  /** The kind's type in the type tables: `core.Service`. Empty for custom kinds: see `custom`. */
  readonly type: string;
  readonly description: string;
  /** Set for kinds of a CustomResourceDefinition. */
  readonly custom?: CustomKind;
  readonly subresources: readonly ('status' | 'scale')[];
  readonly columns: readonly Column<T>[];
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly fieldLabels: Readonly<Record<string, FieldLabel<T>>>;
  /** Problems of metadata.name. */
  nameProblems(name: string): readonly string[];
  /** Fills what was left out, in place, as upstream's `SetDefaults_*`. */
  setDefaults(object: T): void;
  /** Upstream's `PrepareForCreate`: what a client may not set is dropped, in place. */
  prepareForCreate(object: T): void;
  /** Upstream's `PrepareForUpdate` without the status, in place. Absent: nothing to do. */
  prepareForUpdate?(object: T, previous: T): void;
  validate(object: T): readonly FieldProblem[];
  validateUpdate(object: T, previous: T): readonly FieldProblem[];
  /** What raises metadata.generation when it changes; undefined for kinds without a generation. */
  generationOf?(object: T): unknown;
}

/** `v1` or `apps/v1`. */
export function apiVersionOf({
  group,
  version,
}: Pick<KindDescription, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `services`, `deployments.apps`: how messages name a resource. */
export function groupResource({
  group,
  plural,
}: Pick<KindDescription, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** `Service`, `Deployment.apps`: how messages about an invalid object name its kind. */
export function groupKind({ group, kind }: Pick<KindDescription, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`;
}
