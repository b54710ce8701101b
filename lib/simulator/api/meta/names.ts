/** The name rules of apimachinery `util/validation`, with its sentences. Each answers the problem, or undefined. */

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const DNS1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';
const DNS1035_MESSAGE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const QUALIFIED_NAME_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

const isFull = (pattern: string, text: string) => new RegExp(`^${pattern}$`).test(text);
const tooLong = (limit: number) => `must be no more than ${limit} bytes`;

/** `msg (e.g. 'a',  or 'b', regex used for validation is 'x')`: `RegexError` of apimachinery, its two spaces included. */
function regexMessage(message: string, pattern: string, ...examples: readonly string[]): string {
  const quoted = examples.map((example, i) => `${i > 0 ? ' or ' : ''}'${example}', `).join('');
  return `${message} (e.g. ${quoted}regex used for validation is '${pattern}')`;
}

/** All problems of a DNS-1123 label (namespace, container name), in upstream's order. */
export function dnsLabelProblems(text: string): string[] {
  return [
    ...(text.length > 63 ? [tooLong(63)] : []),
    ...(isFull(DNS_LABEL, text)
      ? []
      : isFull(SUBDOMAIN, text)
        ? ['must not contain dots']
        : [regexMessage(DNS_LABEL_MESSAGE, DNS_LABEL, 'my-name', '123-abc')]),
  ];
}

/** All problems of a DNS-1123 subdomain (most object names). */
export function dnsSubdomainProblems(text: string): string[] {
  return [
    ...(text.length > 253 ? [tooLong(253)] : []),
    ...(isFull(SUBDOMAIN, text) ? [] : [regexMessage(SUBDOMAIN_MESSAGE, SUBDOMAIN, 'example.com')]),
  ];
}

const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const WILDCARD_MESSAGE =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";

/** All problems of a host name of an Ingress: a DNS-1123 subdomain, or `*.` before one. */
export function hostProblems(text: string): string[] {
  if (!text.includes('*')) return dnsSubdomainProblems(text);
  return [
    ...(text.length > 253 ? [tooLong(253)] : []),
    ...(isFull(WILDCARD, text) ? [] : [regexMessage(WILDCARD_MESSAGE, WILDCARD, '*.example.com')]),
  ];
}

/** All problems of a DNS-1035 label (Service names). */
export function dns1035LabelProblems(text: string): string[] {
  return [
    ...(text.length > 63 ? [tooLong(63)] : []),
    ...(isFull(DNS1035_LABEL, text)
      ? []
      : [regexMessage(DNS1035_MESSAGE, DNS1035_LABEL, 'my-name', 'abc-123')]),
  ];
}

function qualifiedNameProblems(text: string): string[] {
  const parts = text.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${regexMessage(QUALIFIED_NAME_MESSAGE, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined) {
    problems.push(...dnsSubdomainProblems(prefix).map((problem) => `prefix part ${problem}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${tooLong(63)}`);
  if (!isFull(QUALIFIED_NAME, name)) {
    problems.push(
      `name part ${regexMessage(QUALIFIED_NAME_MESSAGE, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc')}`,
    );
  }
  return problems;
}

/** Problem of a label or annotation key, all sentences joined as apimachinery joins them. */
export function labelKeyProblem(key: string): string | undefined {
  const problems = qualifiedNameProblems(key);
  return problems.length === 0 ? undefined : problems.join('; ');
}

/** Problem of a label value. */
export function labelValueProblem(value: string): string | undefined {
  const problems = [
    ...(value.length > 63 ? [tooLong(63)] : []),
    ...(isFull(LABEL_VALUE, value)
      ? []
      : [regexMessage(LABEL_VALUE_MESSAGE, LABEL_VALUE, 'MyValue', 'my_value', '12345')]),
  ];
  return problems.length === 0 ? undefined : problems.join('; ');
}

/** Problems of a port name (IANA_SVC_NAME of RFC 6335 15, as `IsValidPortName`). */
export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push(tooLong(15));
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) {
    problems.push('must not begin or end with a hyphen');
  }
  return problems;
}

/** Problem of a port number (`IsValidPortNum`). */
export function portNumberProblem(port: number): string | undefined {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
    ? undefined
    : 'must be between 1 and 65535, inclusive';
}

/** Problems of a name that is put into a path as it is (`IsValidPathSegmentName`): roles, kinds, references. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((part) => name.includes(part))
    .map((part) => `may not contain '${part}'`);
}
