import { formatTimestamp, type Micros } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type {
  CustomResourceDefinition,
  CustomResourceNames,
  DefinitionCondition,
} from '../api/apiextensions/custom-resource-definition.ts';
import { isProtectedGroup } from '../api/apiextensions/validate-definition.ts';
import { groupOf, isBuiltInGroup } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Store } from '../apiserver/store.ts';
import type { Controller, ControllerContext } from './controller.ts';

const KIND = 'CustomResourceDefinition';
const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';
const APPROVED = 'api-approved.kubernetes.io';

type Verdict = Omit<DefinitionCondition, 'lastTransitionTime'>;

function withCondition(
  conditions: readonly DefinitionCondition[],
  verdict: Verdict,
  now: Micros,
): DefinitionCondition[] {
  const old = conditions.find(({ type }) => type === verdict.type);
  const lastTransitionTime =
    old?.status === verdict.status ? old.lastTransitionTime : formatTimestamp(now);
  const next = { lastTransitionTime, ...verdict };
  return old ? conditions.map((each) => (each === old ? next : each)) : [...conditions, next];
}

const hasCondition = ({ status }: CustomResourceDefinition, type: string) =>
  status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false;

/** The names that other definitions of the group were given already. */
function takenNames(definition: CustomResourceDefinition, { store }: ControllerContext) {
  const others = store
    .list<CustomResourceDefinition>(KIND)
    .filter(
      ({ spec, metadata }) =>
        spec.group === definition.spec.group && metadata.name !== definition.metadata.name,
    )
    .flatMap(({ status }) => (status?.acceptedNames ? [status.acceptedNames] : []));
  return {
    resources: new Set(
      others.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
    ),
    kinds: new Set(others.flatMap(({ kind, listKind }) => [kind, listKind])),
  };
}

const inUse = (name: string) => `${JSON.stringify(name)} is already in use`;

/** Which names the definition gets, and whether it gets all (apiextensions pkg/controller/status naming_controller.go). */
function decideNames(
  definition: CustomResourceDefinition,
  context: ControllerContext,
): { readonly names: CustomResourceNames; readonly verdict: Verdict } {
  const wanted = definition.spec.names;
  const names: CustomResourceNames = {
    ...(definition.status?.acceptedNames ?? { plural: '', kind: '' }),
  };
  const { resources, kinds } = takenNames(definition, context);
  let conflict: Pick<Verdict, 'reason' | 'message'> | undefined;
  const claim = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    taken: Set<string | undefined>,
  ) => {
    const name = wanted[field] ?? '';
    if (!taken.has(name)) names[field] = name;
    else
      conflict = {
        reason: `${field[0]?.toUpperCase()}${field.slice(1)}Conflict`,
        message: inUse(name),
      };
  };
  claim('plural', resources);
  claim('singular', resources);
  const taken = (wanted.shortNames ?? []).filter((name) => resources.has(name));
  if (taken.length > 0) {
    const message = taken.map(inUse).join(', ');
    conflict = {
      reason: 'ShortNamesConflict',
      message: taken.length > 1 ? `[${message}]` : message,
    };
  } else if (wanted.shortNames) names.shortNames = [...wanted.shortNames];
  else delete names.shortNames;
  claim('kind', kinds);
  claim('listKind', kinds);
  if (wanted.categories) names.categories = [...wanted.categories];
  else delete names.categories;
  const accepted = { reason: 'NoConflicts', message: 'no conflicts found' };
  const status = conflict ? 'False' : 'True';
  return { names, verdict: { type: 'NamesAccepted', status, ...(conflict ?? accepted) } };
}

function approvalOf({ metadata, spec }: CustomResourceDefinition): Verdict | undefined {
  if (!isProtectedGroup(spec.group)) return undefined;
  const said = metadata.annotations?.[APPROVED] ?? '';
  const type = 'KubernetesAPIApprovalPolicyConformant';
  if (said.startsWith('unapproved')) {
    const message = `not approved: ${JSON.stringify(said)}`;
    return { type, status: 'False', reason: 'UnapprovedAnnotation', message };
  }
  return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${said}` };
}

function establish(definition: CustomResourceDefinition, context: ControllerContext): void {
  const { names, verdict } = decideNames(definition, context);
  const approval = approvalOf(definition);
  let conditions = withCondition(definition.status?.conditions ?? [], verdict, context.now);
  if (verdict.status === 'True' || !hasCondition(definition, 'Established')) {
    const established: Verdict =
      verdict.status === 'True'
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : {
            type: 'Established',
            status: 'False',
            reason: 'NotAccepted',
            message: 'not all names are accepted',
          };
    conditions = withCondition(conditions, established, context.now);
  }
  if (approval) conditions = withCondition(conditions, approval, context.now);
  const status = { ...definition.status, conditions, acceptedNames: names };
  if (!isSameJson(status, definition.status)) {
    context.store.updateStatus<CustomResourceDefinition>({ ...definition, status });
  }
}

/** Deletes what is left of the kind, then lets the definition go (pkg/controller/finalizer/crd_finalizer.go). */
function cleanUp(definition: CustomResourceDefinition, { store, now }: ControllerContext): void {
  const finalizers = definition.metadata.finalizers ?? [];
  if (!finalizers.includes(CLEANUP)) return;
  const { group, names } = definition.spec;
  const key = `${names.kind}.${group}`;
  const isServed = hasCondition(definition, 'Established');
  const left = () => (isServed ? store.list(key) : []);
  for (const { metadata } of left()) {
    if (metadata.deletionTimestamp === undefined)
      store.delete(key, metadata.namespace, metadata.name);
  }
  const isGone = left().length === 0;
  const verdict: Verdict = {
    type: 'Terminating',
    ...(!isGone
      ? {
          status: 'True',
          reason: 'InstanceDeletionInProgress',
          message: 'CustomResource deletion is in progress',
        }
      : isServed
        ? { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }
        : {
            status: 'False',
            reason: 'NeverEstablished',
            message: 'resource was never established',
          }),
  };
  const conditions = withCondition(definition.status?.conditions ?? [], verdict, now);
  const status = { ...definition.status, conditions };
  if (!isSameJson(status, definition.status)) {
    store.updateStatus<CustomResourceDefinition>({ ...definition, status });
  }
  const current = store.get<CustomResourceDefinition>(KIND, undefined, definition.metadata.name);
  if (!isGone || !current) return;
  const kept = finalizers.filter((name) => name !== CLEANUP);
  store.update({ ...current, metadata: { ...current.metadata, finalizers: kept } });
}

/** The definition that waits for the last object of its kind to go. */
function waitingDefinition({ apiVersion, kind }: KubeObject, store: Store): string[] {
  const group = groupOf(apiVersion);
  if (isBuiltInGroup(group)) return [];
  return store
    .list<CustomResourceDefinition>(KIND)
    .filter(
      ({ spec, metadata }) =>
        spec.group === group && spec.names.kind === kind && metadata.deletionTimestamp,
    )
    .map(({ metadata }) => metadata.name);
}

/** Gives custom kinds their names, lets the API serve them, and clears away after them. */
export const customResourceDefinitionController: Controller = {
  name: 'customresourcedefinition-controller',
  hears: 'all-kinds',
  keysOf({ type, object }, store) {
    if (object.kind !== KIND) return type === 'DELETED' ? waitingDefinition(object, store) : [];
    if (type !== 'DELETED') return [object.metadata.name];
    // A name that became free may be what another definition of the group waits for.
    const { group } = (object as CustomResourceDefinition).spec;
    return store
      .list<CustomResourceDefinition>(KIND)
      .filter(({ spec }) => spec.group === group)
      .map(({ metadata }) => metadata.name);
  },
  reconcile(name, context) {
    const definition = context.store.get<CustomResourceDefinition>(KIND, undefined, name);
    if (!definition) return;
    if (definition.metadata.deletionTimestamp === undefined) establish(definition, context);
    else cleanUp(definition, context);
  },
};
