import type { ObjectRule } from '../apiextensions/check-rules.ts';
import type { JsonSchema } from '../apiextensions/custom-resource-definition.ts';

/** Schemas as network-policy-api's definitions have them (config/crd/experimental), in pieces that the three kinds share. */

type Schemas = Record<string, JsonSchema>;

export const text: JsonSchema = { type: 'string' };

export const oneOf = (...values: string[]): JsonSchema => ({ type: 'string', enum: values });

export const between = (minimum: number, maximum: number): JsonSchema => ({
  type: 'integer',
  format: 'int32',
  minimum,
  maximum,
});

/** `required`: names with spaces between. */
export const object = (properties: Schemas, required = ''): JsonSchema => ({
  type: 'object',
  properties,
  ...(required && { required: required.split(' ') }),
});

/** An object of which exactly one field is set. */
export const union = (properties: Schemas): JsonSchema => ({
  ...object(properties),
  minProperties: 1,
  maxProperties: 1,
});

export const list = (items: JsonSchema, maxItems: number, minItems = 1): JsonSchema => ({
  type: 'array',
  items,
  maxItems,
  ...(minItems && { minItems }),
});

const set = (items: JsonSchema, maxItems: number): JsonSchema => ({
  ...list(items, maxItems),
  'x-kubernetes-list-type': 'set',
});

const atomicList = (items: JsonSchema): JsonSchema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'atomic',
});

const selector: JsonSchema = {
  ...object({
    matchExpressions: atomicList(
      object({ key: text, operator: text, values: atomicList(text) }, 'key operator'),
    ),
    matchLabels: { type: 'object', additionalProperties: text },
  }),
  'x-kubernetes-map-type': 'atomic',
};

/** `required` of `pods`: v1alpha2 lets the namespaces be left out. */
const pods = (required: string): Schemas => ({
  namespaces: selector,
  pods: object({ namespaceSelector: selector, podSelector: selector }, required),
});

/** `letters`: v1alpha1 has a slip of the pen, `a-zA-z`, which lets some signs pass too. */
export const domainName = (letters: 'a-zA-Z' | 'a-zA-z'): JsonSchema => {
  const label = `[${letters}0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?`;
  return { type: 'string', pattern: `^(\\*\\.)?(${label}\\.)+${label}\\.?$` };
};

const condition = object(
  {
    lastTransitionTime: { type: 'string', format: 'date-time' },
    message: { type: 'string', maxLength: 32768 },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    reason: {
      type: 'string',
      maxLength: 1024,
      minLength: 1,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    },
    status: oneOf('True', 'False', 'Unknown'),
    type: {
      type: 'string',
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    },
  },
  'lastTransitionTime message reason status type',
);

const STATUS = object(
  {
    conditions: {
      type: 'array',
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
  'conditions',
);

/** What differs between the kinds. */
export interface PolicyForm {
  readonly actions: readonly string[];
  /** Of `pods` of a subject or peer. */
  readonly requiredOfPods: string;
  readonly cidr: JsonSchema;
  /** Absent: an egress peer cannot be `domainNames`. */
  readonly domainName?: JsonSchema;
  /** What narrows a rule to ports: the field and the schema of an item. */
  readonly ports: readonly [field: string, item: JsonSchema];
  /** How many rules, and how many items of the lists of a rule. */
  readonly limit: number;
  /** What must hold for an egress rule as a whole. */
  readonly egressRule: ObjectRule;
  /** Of the spec, before `subject`. */
  readonly head: Schemas;
}

/** The schema of a policy kind. */
export function policySchema(form: PolicyForm): JsonSchema {
  const { actions, limit, ports, egressRule, head } = form;
  const inCluster = pods(form.requiredOfPods);
  const rule = (side: 'from' | 'to', peer: JsonSchema): JsonSchema =>
    object(
      {
        action: oneOf(...actions),
        [side]: list(peer, limit),
        name: { type: 'string', maxLength: 100 },
        [ports[0]]: list(ports[1], limit),
      },
      `action ${side}`,
    );
  const destination = union({
    ...inCluster,
    ...(form.domainName && { domainNames: set(form.domainName, 25) }),
    networks: set(form.cidr, 25),
    nodes: selector,
  });
  const egress = { ...rule('to', destination), 'x-kubernetes-validations': [egressRule] };
  const spec = object(
    {
      ...head,
      egress: list(egress, limit, 0),
      ingress: list(rule('from', union(inCluster)), limit, 0),
      subject: union(inCluster),
    },
    [...Object.keys(head), 'subject'].sort().join(' '),
  );
  return object({ spec, status: STATUS }, 'metadata spec');
}
