import { invariant } from '../../base/invariant.ts';
import { ADMISSIONREGISTRATION_FIELDS } from '../admissionregistration/admissionregistration-fields.ts';
import { APIEXTENSIONS_FIELDS } from '../apiextensions/apiextensions-fields.ts';
import { APPS_FIELDS } from '../apps/apps-fields.ts';
import { AUTOSCALER_FIELDS } from '../autoscaling/autoscaler-fields.ts';
import { SCALE_FIELDS } from '../autoscaling/scale-fields.ts';
import { BATCH_FIELDS } from '../batch/batch-fields.ts';
import { COORDINATION_FIELDS } from '../coordination/coordination-fields.ts';
import { CONTAINER_FIELDS } from '../core/container-fields.ts';
import { NODE_FIELDS } from '../core/node-fields.ts';
import { POD_FIELDS } from '../core/pod-fields.ts';
import { REPLICATION_CONTROLLER_FIELDS } from '../core/replication-controller-fields.ts';
import { SERVICE_FIELDS } from '../core/service-fields.ts';
import { VOLUME_FIELDS } from '../core/volume-fields.ts';
import { DISCOVERY_FIELDS } from '../discovery/discovery-fields.ts';
import { META_FIELDS } from '../meta/meta-fields.ts';
import { NETWORKING_FIELDS } from '../networking/networking-fields.ts';
import { POLICY_FIELDS } from '../policy/policy-fields.ts';
import { RBAC_FIELDS } from '../rbac/rbac-fields.ts';
import { parseField, type Field, type TypeTable } from './field-type.ts';

interface Table {
  /** The prefix of the types' names in the OpenAPI document. */
  readonly openApiPrefix: string;
  readonly types: TypeTable;
}

const TABLES: Readonly<Record<string, Table>> = {
  core: {
    openApiPrefix: 'io.k8s.api.core.v1',
    types: {
      ...CONTAINER_FIELDS,
      ...NODE_FIELDS,
      ...POD_FIELDS,
      ...REPLICATION_CONTROLLER_FIELDS,
      ...SERVICE_FIELDS,
      ...VOLUME_FIELDS,
    },
  },
  apps: { openApiPrefix: 'io.k8s.api.apps.v1', types: APPS_FIELDS },
  batch: { openApiPrefix: 'io.k8s.api.batch.v1', types: BATCH_FIELDS },
  admissionregistration: {
    openApiPrefix: 'io.k8s.api.admissionregistration.v1',
    types: ADMISSIONREGISTRATION_FIELDS,
  },
  apiextensions: {
    openApiPrefix: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    types: APIEXTENSIONS_FIELDS,
  },
  discovery: { openApiPrefix: 'io.k8s.api.discovery.v1', types: DISCOVERY_FIELDS },
  autoscaling: { openApiPrefix: 'io.k8s.api.autoscaling.v1', types: SCALE_FIELDS },
  autoscalingv2: { openApiPrefix: 'io.k8s.api.autoscaling.v2', types: AUTOSCALER_FIELDS },
  coordination: { openApiPrefix: 'io.k8s.api.coordination.v1', types: COORDINATION_FIELDS },
  networking: { openApiPrefix: 'io.k8s.api.networking.v1', types: NETWORKING_FIELDS },
  policy: { openApiPrefix: 'io.k8s.api.policy.v1', types: POLICY_FIELDS },
  rbac: { openApiPrefix: 'io.k8s.api.rbac.v1', types: RBAC_FIELDS },
  meta: { openApiPrefix: 'io.k8s.apimachinery.pkg.apis.meta.v1', types: META_FIELDS },
};

const cache = new Map<string, ReadonlyMap<string, Field>>();

/** Fields of a struct type (`core.ServiceSpec`) by name. */
export function fieldsOf(ref: string): ReadonlyMap<string, Field> {
  let fields = cache.get(ref);
  if (!fields) {
    const [table = '', name = ''] = ref.split('.');
    const notations = TABLES[table]?.types[name];
    invariant(notations, `no type ${ref}`);
    fields = new Map(
      Object.entries(notations).map(([field, notation]) => [
        field,
        parseField(field, notation, table),
      ]),
    );
    cache.set(ref, fields);
  }
  return fields;
}

/** `core.ServiceSpec` as the OpenAPI document names it. */
export function openApiName(ref: string): string {
  const [table = '', name = ''] = ref.split('.');
  return `${TABLES[table]?.openApiPrefix}.${name}`;
}

/** Every struct type there is, `table.Type`. */
export const ALL_TYPES: readonly string[] = Object.entries(TABLES).flatMap(([table, { types }]) =>
  Object.keys(types).map((name) => `${table}.${name}`),
);
