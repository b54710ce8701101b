import type { JsonSchema } from '../api/apiextensions/custom-resource-definition.ts';
import { describeCustomField, describeField } from '../api/schema/field-descriptions.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { openApiName } from '../api/schema/type-tables.ts';

/** `stable.example.com`, `v1`, `CronTab`: `com.example.stable.v1.CronTab`. */
export const customName = ({ group, version, kind }: KindDescription): string =>
  [...group.split('.').reverse(), version, kind].join('.');

/** A schema with our words for the fields that have none, by their place or by their name. */
function withWords(schema: JsonSchema, group: string, path: string): JsonSchema {
  const { properties, items } = schema;
  const inner = Object.entries(properties ?? {}).map(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const words = describeCustomField(group, at);
    const { description = words } = field;
    return [name, { ...withWords(field, group, at), ...(description && { description }) }] as const;
  });
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(inner) }),
    ...(items && { items: withWords(items, group, path) }),
  };
}

/** The schema of a custom kind as the OpenAPI document shows it: what its definition says, and what all kinds have. */
export function customSchema({ group, kind, custom, description }: KindDescription): unknown {
  const schema = withWords(custom?.schema ?? {}, group, '');
  const text = (name: string) => ({
    type: 'string',
    description: describeField(kind, name),
  });
  return {
    ...schema,
    type: 'object',
    description,
    properties: {
      ...schema.properties,
      apiVersion: text('apiVersion'),
      kind: text('kind'),
      metadata: {
        description: describeField(kind, 'metadata'),
        allOf: [{ $ref: `#/components/schemas/${openApiName('meta.ObjectMeta')}` }],
      },
    },
  };
}
