import { copyObject } from '../api/meta/copy-object.ts';
import { copyPlain } from '../base/copy.ts';
import type { Micros } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import { nextNameSuffix, type RandomState } from '../base/random.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Service } from '../api/core/service.ts';
import { servedKinds } from '../api/apiextensions/served-kinds.ts';
import {
  findGroupVersionKind,
  groupOf,
  isBuiltInGroup,
  kindKey,
  kindKeyOf,
  KINDS,
  requireKind,
  type Kinds,
} from '../api/kinds.ts';
import { freezeJson } from '../api/meta/freeze-json.ts';
import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { admit } from './admission/admit.ts';
import type { AdmissionRequest } from './admission/admission-plugin.ts';
import type { CallWebhook } from './admission/webhook-call.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { allocateService, type ServiceRanges } from './allocate-service.ts';
import { OrderedObjects } from './ordered-objects.ts';
import { OwnedObjects } from './owned-objects.ts';
import { otherUid, unmetPrecondition, VERSION_ON_CREATE } from './preconditions.ts';
import { fillNewMetadata, keepSystemMetadata } from './system-metadata.ts';
import { isGone, planDeletion } from './plan-deletion.ts';
import { selectorOf, valueAskedFor } from './select-objects.ts';
import {
  accepted,
  alreadyExists,
  conflict,
  invalidStatus,
  notFound,
  OBJECT_MODIFIED,
  refused,
} from './status.ts';
import { addressChanges, besidesTakenByHand, furtherRanges } from './service-addresses.ts';
import { ServiceUses } from './service-uses.ts';
import { keepManagers, keepStatusManagers } from './managed-fields/keep-managers.ts';
import type {
  DeleteOptions,
  ListOptions,
  Store,
  StoreChange,
  StoreState,
  WrittenBy,
} from './store.ts';
import { validateMetadata, validateMetadataUpdate } from './validate-metadata.ts';

/** Changes kept for watches. A watcher that is further behind gets 410 Gone and lists again. */
const HISTORY_LIMIT = 1_000;

/** The label by which objects of a kind are asked for, again and again. */
const ASKED_BY: Readonly<Record<string, string>> = {
  EndpointSlice: 'kubernetes.io/service-name',
};

/** Custom kinds come from objects of this kind. */
const DEFINITIONS = 'CustomResourceDefinition';

const DEFAULT_RANGES: ServiceRanges = {
  serviceCidr: '10.96.0.0/12',
  nodePortRange: [30_000, 32_767],
};

export interface StoreParts {
  readonly state: StoreState;
  readonly now: () => Micros;
  readonly random: RandomState;
  /** Where Services get addresses and ports; kubeadm's ranges when absent. */
  readonly options?: Pick<ClusterOptions, 'serviceCidr' | 'nodePortRange'>;
  /** Asks the programs behind admission webhooks; absent while there are none. */
  readonly callWebhook?: CallWebhook | undefined;
}

/** What an empty etcd holds. Kinds that real clusters have by a definition get their place with the first object. */
export function createStoreState(): StoreState {
  return {
    resourceVersion: 0,
    objects: Object.fromEntries(
      KINDS.filter(({ custom }) => !custom).map(({ kind }) => [kind, {}]),
    ),
    history: [],
  };
}

type WithStatus = KubeObject & { status?: unknown };

/** Of a kind that nobody has made an object of. */
const NOTHING = new OrderedObjects({}, undefined);

const keyOf = (namespace: string | undefined, name: string) =>
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;

/** The API server's storage over plain state: one instance per running cluster, none of it saved. */
class ObjectStore implements Store {
  private readonly listeners = new Set<(change: StoreChange) => void>();
  /** Changes that wait for their turn while listeners hear an earlier one. */
  private readonly undelivered: StoreChange[] = [];
  private isDelivering = false;
  /** Lists in key order, made when first asked for. */
  private readonly ordered = new Map<string, OrderedObjects>();
  /** What Services hold, counted when the first one asks. */
  private serviceUses: ServiceUses | undefined;
  /** Who owns whom, counted when garbage collection first asks. */
  private owned: OwnedObjects | undefined;
  private readonly state: StoreState;
  private readonly now: () => Micros;
  private readonly random: RandomState;
  private readonly ranges: ServiceRanges;
  private readonly callWebhook: CallWebhook | undefined;
  /** A dry run shows objects as they would be, with the versions they have. */
  private readonly versions: 'counted' | 'kept';

  constructor(
    { state, now, random, options = DEFAULT_RANGES, callWebhook }: StoreParts,
    versions: 'counted' | 'kept' = 'counted',
  ) {
    this.versions = versions;
    this.state = state;
    this.now = now;
    this.random = random;
    this.ranges = options;
    this.callWebhook = callWebhook;
    // A restored state is a plain copy: what is read from it must be as frozen as before.
    for (const objects of Object.values(state.objects)) freezeContents(objects);
  }

  get resourceVersion(): number {
    return this.state.resourceVersion;
  }

  get kinds(): Kinds {
    return servedKinds(this.state.objects[DEFINITIONS] ? this.inOrder(DEFINITIONS).all() : []);
  }

  get<T extends KubeObject = KubeObject>(
    kind: string,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    return this.readObjects(kind)?.[keyOf(namespace, name)] as T | undefined;
  }

  list<T extends KubeObject = KubeObject>(kind: string, options: ListOptions = {}): readonly T[] {
    const { namespace, labelSelector, fieldSelector } = options;
    const ordered = this.inOrder(kind);
    const value = labelSelector && ordered.label && valueAskedFor(labelSelector, ordered.label);
    if (value) {
      const few = ordered.labelled(value) as readonly T[];
      const here = namespace ? few.filter(({ metadata }) => metadata.namespace === namespace) : few;
      return here.filter(selectorOf(requireKind(kind, this.kinds), options));
    }
    const all = (namespace ? ordered.inNamespace(namespace) : ordered.all()) as readonly T[];
    if (!labelSelector && !fieldSelector) return all;
    return all.filter(selectorOf(requireKind(kind, this.kinds), options));
  }

  ownedBy(uid: string): readonly KubeObject[] {
    this.owned ??= new OwnedObjects(
      Object.values(this.state.objects).flatMap((byKey) => Object.values(byKey)),
    );
    return this.owned.of(uid);
  }

  create<T extends KubeObject>(given: T, by?: WrittenBy): ApiResult<T> {
    const kind = this.kindOf(given);
    const object = copyObject(given);
    const { metadata } = object;
    if (by && metadata.resourceVersion) return refused(VERSION_ON_CREATE);
    if (!metadata.name && metadata.generateName) {
      metadata.name = this.generateName(kind, metadata.generateName, metadata.namespace);
    }
    const lots = { ...this.random };
    fillNewMetadata(kind, object, this.random, this.now());
    kind.setDefaults(object);
    keepManagers(kind, object, undefined, by, this.now());
    const refusal = this.admit('CREATE', kind, object);
    if (refusal) {
      // What is not let in has drawn no uid.
      Object.assign(this.random, lots);
      return refused(refusal);
    }
    kind.prepareForCreate(object);
    const problems = [...validateMetadata(kind, object), ...kind.validate(object)];
    if (problems.length > 0) return refused(invalidStatus(kind, metadata.name, problems));
    if (this.get(kindKey(kind), metadata.namespace, metadata.name)) {
      return refused(alreadyExists(kind, metadata.name));
    }
    const shortage = this.allocate(kind, object);
    if (shortage) return refused(shortage);
    return accepted(this.commit('ADDED', object));
  }

  update<T extends KubeObject>(given: T, by?: WrittenBy): ApiResult<T> {
    const kind = this.kindOf(given);
    const found = this.findForWrite<T & WithStatus>(kind, given);
    if (!found.ok) return found;
    const previous = found.value;
    const object = copyObject(given) as T & WithStatus;
    keepSystemMetadata(object, previous);
    if (!kind.custom || kind.subresources.includes('status')) {
      if (previous.status === undefined) delete object.status;
      else object.status = copyPlain(previous.status);
    }
    kind.setDefaults(object);
    keepManagers(kind, object, previous, by, this.now());
    const refusal = this.admit('UPDATE', kind, object);
    if (refusal) return refused(refusal);
    kind.prepareForUpdate?.(object, previous);
    const problems = [
      ...validateMetadata(kind, object),
      ...validateMetadataUpdate(object, previous),
      ...kind.validate(object),
      ...kind.validateUpdate(object, previous),
    ];
    if (problems.length > 0) {
      return refused(invalidStatus(kind, object.metadata.name, problems));
    }
    const shortage = this.allocate(kind, object);
    if (shortage) return refused(shortage);
    this.raiseGeneration(kind, object, previous);
    return accepted(this.commitUpdate(object, previous));
  }

  updateStatus<T extends KubeObject>(given: T, by?: WrittenBy): ApiResult<T> {
    const kind = this.kindOf(given);
    const found = this.findForWrite<T & WithStatus>(kind, given);
    if (!found.ok) return found;
    const previous = found.value;
    const object = copyObject(previous);
    const { status } = given as WithStatus;
    if (status === undefined) delete object.status;
    else object.status = copyPlain(status);
    // Status strategies keep spec and labels; annotations go along (a Deployment's revision is written so).
    const { annotations } = given.metadata;
    if (annotations) object.metadata.annotations = { ...annotations };
    keepStatusManagers(kind, object, previous, given, by, this.now());
    if (kind.custom) {
      kind.setDefaults(object);
      const problems = kind.validate(object);
      if (problems.length > 0) return refused(invalidStatus(kind, object.metadata.name, problems));
    }
    return accepted(this.commitUpdate(object, previous));
  }

  delete(
    kindName: string,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): ApiResult<KubeObject> {
    const kind = requireKind(kindName, this.kinds);
    const previous = this.get(kindName, namespace, name);
    if (!previous) return refused(notFound(kind, name));
    const unmet = unmetPrecondition(kind, previous, options);
    if (unmet) return refused(unmet);
    const refusal = this.admit('DELETE', kind, previous);
    if (refusal) return refused(refusal);
    const plan = planDeletion(previous, options, this.now());
    switch (plan.type) {
      case 'nothing':
        return accepted(previous);
      case 'mark':
        return accepted(this.commit('MODIFIED', plan.object, previous));
      case 'remove':
        return accepted(this.commit('DELETED', plan.object, previous));
    }
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dryRun(): Store {
    const { resourceVersion, objects } = this.state;
    const copies = Object.entries(objects).map(([kind, byKey]) => [kind, { ...byKey }] as const);
    return new ObjectStore(
      {
        state: { resourceVersion, objects: Object.fromEntries(copies), history: [] },
        now: this.now,
        random: { ...this.random },
        options: this.ranges,
        callWebhook: this.callWebhook,
      },
      'kept',
    );
  }

  get oldestVersion(): number {
    const [oldest] = this.state.history;
    return oldest ? oldest.resourceVersion - 1 : this.state.resourceVersion;
  }

  changesSince(resourceVersion: number): readonly StoreChange[] | undefined {
    const { history } = this.state;
    if (resourceVersion < this.oldestVersion) return undefined;
    // Asked of every open watch after every event: mostly there is nothing new.
    if (resourceVersion >= this.state.resourceVersion) return [];
    return history.filter((change) => change.resourceVersion > resourceVersion);
  }

  /** Reading makes no place for a kind: what was looked at does not show in the state. */
  private readObjects(kind: string): Readonly<Record<string, KubeObject>> | undefined {
    const known = this.state.objects[kind];
    if (!known) requireKind(kind, this.kinds);
    return known;
  }

  private objectsOf(kind: string): Record<string, KubeObject> {
    return (this.state.objects[kind] ??= {});
  }

  private kindOf({ apiVersion, kind }: KubeObject): KindDescription {
    const description = findGroupVersionKind(apiVersion, kind, this.kinds);
    invariant(description, `the API serves no kind ${kind} of ${apiVersion}`);
    return description;
  }

  private inOrder(kind: string): OrderedObjects {
    const known = this.ordered.get(kind);
    if (known) return known;
    const objects = this.readObjects(kind);
    if (!objects) return NOTHING;
    const ordered = new OrderedObjects(objects, ASKED_BY[kind]);
    this.ordered.set(kind, ordered);
    return ordered;
  }

  private admit(
    operation: AdmissionRequest['operation'],
    kind: KindDescription,
    object: KubeObject,
  ): Status | undefined {
    const { random, callWebhook } = this;
    return admit({ operation, kind, object, store: this, random, callWebhook });
  }

  /** A name that is still free; upstream tries eight times, too (`RetryGenerateName`). */
  private generateName(kind: KindDescription, base: string, namespace: string | undefined): string {
    // Long bases are cut, so that the name stays within 63 characters.
    const start = base.slice(0, 58);
    let name = `${start}${nextNameSuffix(this.random)}`;
    for (let i = 1; i < 8 && this.get(kindKey(kind), namespace, name); i++) {
      name = `${start}${nextNameSuffix(this.random)}`;
    }
    return name;
  }

  private findForWrite<T extends KubeObject>(kind: KindDescription, given: T): ApiResult<T> {
    const { name, namespace, uid, resourceVersion } = given.metadata;
    const previous = this.get<T>(kindKey(kind), kind.isNamespaced ? namespace : undefined, name);
    if (!previous) return refused(notFound(kind, name));
    if (uid !== undefined && uid !== '' && uid !== previous.metadata.uid) {
      return refused(conflict(kind, name, otherUid(kind, previous, uid)));
    }
    const isStale =
      resourceVersion !== undefined &&
      resourceVersion !== '' &&
      resourceVersion !== previous.metadata.resourceVersion;
    return isStale ? refused(conflict(kind, name, OBJECT_MODIFIED)) : accepted(previous);
  }

  private raiseGeneration(kind: KindDescription, object: KubeObject, previous: KubeObject): void {
    if (!kind.generationOf) return;
    if (!isSameJson(kind.generationOf(object), kind.generationOf(previous))) {
      object.metadata.generation = (previous.metadata.generation ?? 0) + 1;
    }
  }

  private allocate(kind: KindDescription, object: KubeObject): Status | undefined {
    if (object.kind !== 'Service') return undefined;
    const service = object as unknown as Service;
    this.serviceUses ??= new ServiceUses(Object.values(this.objectsOf('Service')));
    const stored = this.get<Service>('Service', service.metadata.namespace, service.metadata.name);
    const used = besidesTakenByHand(this.serviceUses.byOthersThan(stored), service, this);
    const ranges = { ...this.ranges, more: furtherRanges(this) };
    const problems = allocateService(service, used, ranges, this.random);
    return problems.length > 0 ? invalidStatus(kind, service.metadata.name, problems) : undefined;
  }

  /** Makes and removes the IPAddresses of a Service that is written. */
  private keepAddresses(current: KubeObject | undefined, previous: KubeObject | undefined): void {
    if ((current ?? previous)?.kind !== 'Service') return;
    for (const { address, held } of addressChanges(previous, current, this)) {
      if (!held)
        fillNewMetadata(requireKind('IPAddress', this.kinds), address, this.random, this.now());
      this.commit(held ? 'DELETED' : 'ADDED', address, held);
    }
  }

  /** A write that changes nothing is no write: no new version, no event (etcd3 `GuaranteedUpdate`). */
  private commitUpdate<T extends KubeObject>(object: T, previous: T): T {
    if (isSameJson(object, previous)) return previous;
    return isGone(object)
      ? this.commit('DELETED', object, previous)
      : this.commit('MODIFIED', object, previous);
  }

  private commit<T extends KubeObject>(
    type: StoreChange['type'],
    object: T,
    previous?: KubeObject,
  ): T {
    const kind = kindKeyOf(object);
    // Custom kinds are kept in one version, whatever version they were written in.
    if (!isBuiltInGroup(groupOf(object.apiVersion))) {
      object.apiVersion = apiVersionOf(requireKind(kind, this.kinds));
    }
    this.keepAddresses(type === 'DELETED' ? undefined : object, previous);
    const version = ++this.state.resourceVersion;
    if (this.versions === 'counted') object.metadata.resourceVersion = String(version);
    freezeJson(object);
    const objects = this.objectsOf(kind);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (type === 'DELETED') delete objects[key];
    else objects[key] = object;
    this.ordered.get(kind)?.note(key);
    if (object.kind === 'Service') {
      this.serviceUses?.replace(previous, type === 'DELETED' ? undefined : object);
    }
    this.owned?.replace(previous, type === 'DELETED' ? undefined : object);
    const change: StoreChange = {
      type,
      object,
      ...(previous ? { previous } : {}),
      resourceVersion: version,
    };
    this.state.history.push(change);
    if (this.state.history.length > HISTORY_LIMIT) this.state.history.shift();
    this.undelivered.push(change);
    this.deliver();
    return object;
  }

  private deliver(): void {
    if (this.isDelivering) return;
    this.isDelivering = true;
    for (let change = this.undelivered.shift(); change; change = this.undelivered.shift()) {
      for (const listener of this.listeners) listener(change);
    }
    this.isDelivering = false;
  }
}

function freezeContents(objects: Readonly<Record<string, KubeObject>>): void {
  for (const object of Object.values(objects)) freezeJson(object);
}

/**
 * Opens a store over its state. `random` gives uids, name suffixes, cluster IPs and node ports.
 * The state may be a restored copy.
 */
export function createStore(parts: StoreParts): Store {
  invariant(parts.state.resourceVersion >= 0, 'a store state has a version');
  return new ObjectStore(parts);
}
