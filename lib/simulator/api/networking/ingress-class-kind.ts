import { dnsLabelProblems, dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { IngressClass } from './ingress.ts';
import { validateLocalReference } from './validate-reference.ts';

const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** apimachinery util/validation `IsDomainPrefixedPath`. */
function validateController(text: string | undefined): FieldProblem[] {
  const field = 'spec.controller';
  if (!text) return [required(field)];
  const at = text.indexOf('/');
  const path = text.slice(at + 1);
  if (at < 1 || path === '') {
    return [invalid(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const host = text.slice(0, at);
  return [
    ...(text.length > 250 ? [tooLong(field, 250)] : []),
    ...dnsSubdomainProblems(host).map((problem) => invalid(field, host, problem)),
    ...(new RegExp(`^${PATH}$`).test(path)
      ? []
      : [invalid(field, path, `Invalid path (regex used for validation is '${PATH}')`)]),
  ];
}

function validateParameters({ spec: { parameters } }: IngressClass): FieldProblem[] {
  if (!parameters) return [];
  const { scope, namespace } = parameters;
  const field = 'spec.parameters';
  const problems = validateLocalReference(parameters, field);
  if (scope === undefined) return [...problems, required(`${field}.scope`)];
  const why = `\`parameters.scope\` is set to '${scope}'`;
  switch (scope) {
    case 'Namespace':
      if (namespace === undefined) return [...problems, required(`${field}.namespace`, why)];
      return [
        ...problems,
        ...dnsLabelProblems(namespace).map((p) => invalid(`${field}.namespace`, namespace, p)),
      ];
    case 'Cluster':
      return namespace === undefined
        ? problems
        : [...problems, forbidden(`${field}.namespace`, why)];
    default:
      return [...problems, notSupported(`${field}.scope`, scope, ['Cluster', 'Namespace'])];
  }
}

function parametersText({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

export const INGRESS_CLASS: KindDescription<IngressClass> = {
  ...PLAIN_KIND,
  kind: 'IngressClass',
  group: 'networking.k8s.io',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  isNamespaced: false,
  type: 'networking.IngressClass',
  description: 'An IngressClass names the controller that serves Ingresses of this class.',
  columns: [
    NAME_COLUMN,
    column('Controller', 'Who serves it.', ({ spec }: IngressClass) => spec.controller ?? ''),
    column('Parameters', 'The object with its settings.', parametersText),
    AGE_COLUMN,
  ],
  setDefaults(ingressClass) {
    ingressClass.spec ??= {};
    const { parameters } = ingressClass.spec;
    if (parameters) parameters.scope ??= 'Cluster';
  },
  validate: (ingressClass) => [
    ...validateController(ingressClass.spec.controller),
    ...validateParameters(ingressClass),
  ],
  validateUpdate: ({ spec }, previous) =>
    spec.controller === previous.spec.controller
      ? []
      : [invalid('spec.controller', spec.controller, 'field is immutable')],
  generationOf: ({ spec }) => spec,
};
