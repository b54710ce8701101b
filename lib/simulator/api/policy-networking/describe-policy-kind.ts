import { checkRules } from '../apiextensions/check-rules.ts';
import type {
  CustomResourceColumn,
  CustomResourceNames,
  JsonSchema,
} from '../apiextensions/custom-resource-definition.ts';
import { describeVersion } from '../apiextensions/describe-custom-kind.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { POLICY_RULES } from './policy-rules.ts';

const AGE: CustomResourceColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
};

/**
 * A kind of policy.networking.k8s.io. They come by CustomResourceDefinitions in a real cluster, and behave as custom kinds do
 * (pruning, merge patches, the words of refusals).
 * Simplified: every cluster serves them as if their definitions were installed; the definitions themselves are not listed.
 */
export function describePolicyKind(
  version: string,
  names: Pick<CustomResourceNames, 'kind' | 'plural' | 'shortNames'>,
  schema: JsonSchema,
  columns: readonly string[],
  description: string,
): KindDescription {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.policy.networking.k8s.io` },
    spec: {
      group: 'policy.networking.k8s.io',
      names,
      scope: 'Cluster' as const,
      versions: [],
    },
  };
  const described = describeVersion(definition, {
    name: version,
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources: { status: {} },
    additionalPrinterColumns: [
      ...columns.map((name) => ({
        name,
        type: 'string',
        jsonPath: `.spec.${name.toLowerCase()}`,
      })),
      AGE,
    ],
  });
  return {
    ...described,
    description,
    validate: (object) => checkRules(object, schema, POLICY_RULES, described.validate(object)),
  };
}
