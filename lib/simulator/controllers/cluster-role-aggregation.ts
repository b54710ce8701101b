import { matchesLabelSelector } from '../api/meta/label-selector.ts';
import type { ClusterRole } from '../api/rbac/role.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller } from './controller.ts';

/** The rules of the roles that a selector picks, each once, in order of the roles' names. */
function gather(role: ClusterRole, all: readonly ClusterRole[]) {
  const rules: NonNullable<ClusterRole['rules']> = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const other of all) {
      if (other.metadata.name === role.metadata.name) continue;
      if (!matchesLabelSelector(selector, other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) {
        if (!rules.some((known) => isSameJson(known, rule))) rules.push(rule);
      }
    }
  }
  return rules;
}

/** Fills aggregated ClusterRoles. Source: pkg/controller/clusterroleaggregation. */
export const clusterRoleAggregation: Controller = {
  name: 'clusterrole-aggregation-controller',
  keysOf({ object }, store) {
    if (object.kind !== 'ClusterRole') return [];
    return store
      .list<ClusterRole>('ClusterRole')
      .filter(({ aggregationRule }) => aggregationRule)
      .map(({ metadata }) => metadata.name);
  },
  reconcile(name, { store }) {
    const role = store.get<ClusterRole>('ClusterRole', undefined, name);
    if (!role?.aggregationRule || role.metadata.deletionTimestamp !== undefined) return;
    const rules = gather(role, store.list<ClusterRole>('ClusterRole'));
    if (!isSameJson(rules, role.rules ?? [])) store.update<ClusterRole>({ ...role, rules });
  },
};
