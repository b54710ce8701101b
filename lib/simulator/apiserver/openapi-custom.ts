import type { JsonSchema } from '../api/apiextensions/custom-resource-definition.ts';
import { describeField } from '../api/schema/field-descriptions.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { openApiName } from '../api/schema/type-tables.ts';

/** `stable.example.com`, `v1`, `CronTab`: `com.example.stable.v1.CronTab`. */
export const customName = ({ group, version, kind }: KindDescription): string =>
  [...group.split('.').reverse(), version, kind].join('.');

/** The schema of a custom kind as the OpenAPI document shows it: what its definition says, and what all kinds have. */
export function customSchema({ kind, custom, description }: KindDescription): unknown {
  const schema: JsonSchema = custom?.schema ?? {};
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
