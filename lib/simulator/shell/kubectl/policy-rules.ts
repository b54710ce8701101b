/** A rule of RBAC, as roles and reviews have it. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Rules of one verb and one resource each are gathered by their resource (component-helpers `CompactRules`). */
export function compactRules(rules: readonly Rule[]): Rule[] {
  const byResource = new Map<string, { rule: Omit<Rule, 'verbs'>; verbs: string[] }>();
  const others: Rule[] = [];
  for (const { verbs, apiGroups = [], resources = [], resourceNames = [], ...rest } of rules) {
    for (const verb of verbs) {
      for (const url of rest.nonResourceURLs ?? []) {
        others.push({ verbs: [verb], nonResourceURLs: [url] });
      }
      for (const apiGroup of apiGroups) {
        for (const resource of resources) {
          for (const name of resourceNames.length > 0 ? resourceNames : [undefined]) {
            const rule = {
              apiGroups: [apiGroup],
              resources: [resource],
              ...(name === undefined ? {} : { resourceNames: [name] }),
            };
            const key = JSON.stringify(rule);
            const known = byResource.get(key) ?? { rule, verbs: [] as string[] };
            if (!known.verbs.includes(verb)) known.verbs.push(verb);
            byResource.set(key, known);
          }
        }
      }
    }
  }
  return [...[...byResource.values()].map(({ rule, verbs }) => ({ ...rule, verbs })), ...others];
}

export const goList = (list: readonly string[] = []) => `[${list.join(' ')}]`;

/** Go's text of a rule, by which kubectl sorts. */
export const sortKey = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: Rule) =>
  `Verbs:${goList(verbs)},APIGroups:${goList(apiGroups)},Resources:${goList(resources)},ResourceNames:${goList(resourceNames)},NonResourceURLs:${goList(nonResourceURLs)}`;

/** `deployments.apps/scale`. */
export function resourceText({
  apiGroups: [group] = [],
  resources: [resource = ''] = [],
}: Rule): string {
  const [name, subresource] = resource.split('/');
  return `${name}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`;
}
