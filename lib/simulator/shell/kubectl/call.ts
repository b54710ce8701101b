import type { KubeObject, Status } from '../../api/meta/object.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { ApiServer, RestRequest, RestResponse } from '../../apiserver/rest-types.ts';
import type { CommandContext, CommandResult, ShellPlace } from '../command.ts';
import type { ParsedFlags } from './flags.ts';

/** Runs a command inside a container; the shell gives it. */
export type RunInPlace = (
  place: ShellPlace,
  argv: readonly string[],
  context: CommandContext,
) => CommandResult;

/** What one run of kubectl works with, and what it has printed so far. */
export interface Call {
  readonly context: CommandContext;
  readonly server: ApiServer;
  readonly runInPlace: RunInPlace;
  readonly flags: ParsedFlags;
  /** The namespace of `-n`, or the current one. */
  readonly namespace: string;
  /** `get`, `rollout status`: for messages. */
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** The API server of a cluster, as kubectl sees it. */
export const apiServerOf = ({ cluster }: Pick<CommandContext, 'cluster'>): ApiServer =>
  cluster.apiServer;

export const valueOf = ({ flags }: Pick<Call, 'flags'>, name: string): string | undefined =>
  flags.values.get(name)?.at(-1);

/** Values of a flag that may be repeated and may hold commas. */
export const valuesOf = ({ flags }: Pick<Call, 'flags'>, name: string): readonly string[] =>
  (flags.values.get(name) ?? []).flatMap((value) => value.split(',')).filter((v) => v !== '');

export const isSet = ({ flags }: Pick<Call, 'flags'>, name: string): boolean =>
  /^(true|1|t)$/i.test(flags.values.get(name)?.at(-1) ?? '');

/** Prints an error and ends with code 1, as kubectl does with nearly all of them. */
export function fail(call: Call, message: string): void {
  call.stderr += `error: ${message}\n`;
  call.exitCode = 1;
}

/** For flags and arguments: where to read more. */
export function failUsage(call: Call, message: string): void {
  fail(call, `${message}\nSee 'kubectl ${call.command} -h' for help and examples`);
}

/** How kubectl words a refusal of the API (kubectl/pkg/cmd/util `StandardErrorMessage`, `checkErr`). */
export function describeStatus(status: Status, prefix = ''): string {
  const { message = '', reason = '', details } = status;
  if (reason === 'Invalid' && prefix === '') return describeInvalid(status);
  const text = `${prefix}${message}`;
  if (!reason || (details?.kind === undefined && reason === 'Unknown'))
    return `Error from server: ${text}`;
  return `Error from server (${reason}): ${text}`;
}

function describeInvalid({ message = '', details }: Status): string {
  if (!details) return `The request is invalid: ${message}`;
  const causes = details.causes ?? [];
  const isNamed = Boolean(details.kind) || Boolean(details.name);
  let text = 'The request is invalid';
  if (isNamed) text = `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`;
  else if (causes.length === 0) text += `: ${message}`;
  const lines = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`))];
  if (lines.length === 0) return text;
  if (lines.length === 1) return `${text}: ${lines[0]}`;
  return `${text}: \n${lines.map((line) => `* ${line}`).join('\n')}`;
}

/** Prints a refusal. `prefix` is what kubectl was doing: `error when creating "x.yaml": `. */
export function failStatus(call: Call, status: Status, prefix = ''): void {
  call.stderr += `${describeStatus(status, prefix)}\n`;
  call.exitCode = 1;
}

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status: Status };

function warn(call: Call, response: RestResponse): void {
  if (!('body' in response)) return;
  for (const warning of response.warnings) {
    const line = `Warning: ${warning}\n`;
    if (!call.stderr.includes(line)) call.stderr += line;
  }
}

/** The version that this kubectl is. */
export const CLIENT_VERSION = 'v1.35.2';
const USER_AGENT = `kubectl/${CLIENT_VERSION} (linux/amd64) kubernetes/fdc9d74`;

/** kubectl leaves out who manages which fields, of an object and of those of a list, unless it is asked for them. */
function dropManagers(value: unknown): void {
  const { metadata, items } = (value ?? {}) as Partial<KubeObject> & { items?: unknown };
  if (metadata) delete metadata.managedFields;
  if (Array.isArray(items)) items.forEach(dropManagers);
}

/** `--as` and `--as-group`: the server answers as if somebody else asked. */
function impersonation(call: Call): Record<string, string> {
  const user = valueOf(call, 'as');
  if (user === undefined) return {};
  const groups = (call.flags.values.get('as-group') ?? []).join(',');
  return { 'impersonate-user': user, ...(groups === '' ? {} : { 'impersonate-group': groups }) };
}

/** Sends a request and reads the JSON answer. Warnings of the server are printed. */
export function ask<T = KubeObject>(call: Call, request: RestRequest): Answer<T> {
  const headers = { 'user-agent': USER_AGENT, ...impersonation(call), ...request.headers };
  const response = handleRequest({ ...request, headers }, call.server);
  warn(call, response);
  if (!('body' in response)) return { ok: true, value: undefined as T };
  const value = response.type === 'json' ? (JSON.parse(response.body) as unknown) : response.body;
  if (!isSet(call, 'show-managed-fields')) dropManagers(value);
  return response.status < 400
    ? { ok: true, value: value as T }
    : { ok: false, status: value as Status };
}

/** URL of a collection or an object. */
export function urlOf(
  kind: Pick<KindDescription, 'group' | 'version' | 'plural' | 'isNamespaced'>,
  namespace: string | undefined,
  name = '',
  subresource = '',
): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope =
    kind.isNamespaced && namespace !== undefined
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  const tail = [name, subresource].filter((part) => part !== '').map(encodeURIComponent);
  return [`${root}${scope}/${kind.plural}`, ...tail].join('/');
}

/** `?a=b&c=d`, without what is empty. */
export function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

export const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

/** What was printed, as the result of a command. */
export const endCall = ({ stdout, stderr, exitCode }: Call): CommandResult => ({
  type: 'finished',
  stdout,
  stderr,
  exitCode,
});
