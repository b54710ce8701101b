import { fail, failUsage, isSet, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { emitYaml } from './print/emit-yaml.ts';
import { parseOutputFormat, printValue } from './print/output-format.ts';
import { alignRows } from './print/tab-writer.ts';

/** The kubeconfig that the workstation comes with. */
export const CONTEXT = 'kubernetes-admin@kubernetes';
const CLUSTER = 'kubernetes';
const USER = 'kubernetes-admin';
/** Where the API server answers, for people; nothing in the terminal goes there by address. */
export const SERVER = 'https://192.168.10.10:6443';

export const CONFIG_FLAGS: readonly FlagSpec[] = [
  flag('current', 'boolean'),
  flag('minify', 'boolean'),
  flag('raw', 'boolean'),
  flag('flatten', 'boolean'),
  flag('merge', 'boolean'),
  flag('output', 'string', 'o'),
  flag('no-headers', 'boolean'),
];

const OMITTED = 'DATA+OMITTED';

/** In the order of the fields in clientcmd's types, which is that of `-o json`. */
const kubeconfig = ({ context: { namespace } }: Call) => ({
  kind: 'Config',
  apiVersion: 'v1',
  clusters: [{ name: CLUSTER, cluster: { server: SERVER, 'certificate-authority-data': OMITTED } }],
  users: [
    {
      name: USER,
      user: { 'client-certificate-data': OMITTED, 'client-key-data': OMITTED },
    },
  ],
  contexts: [
    {
      name: CONTEXT,
      context: {
        cluster: CLUSTER,
        user: USER,
        // `namespace: default` is what a kubeconfig without one means.
        ...(namespace === 'default' ? {} : { namespace }),
      },
    },
  ],
  'current-context': CONTEXT,
});

function viewConfig(call: Call): void {
  const output = valueOf(call, 'output') ?? 'yaml';
  const value = kubeconfig(call);
  if (output === 'yaml') call.stdout += emitYaml(value);
  else if (output === 'json') call.stdout += `${JSON.stringify(value, undefined, 4)}\n`;
  else {
    const format = parseOutputFormat(output, 'objects');
    if (typeof format === 'string' || format.type === 'table') {
      fail(call, typeof format === 'string' ? format : `unknown output format ${output}`);
      return;
    }
    const printed = printValue(format, value, [], () => '');
    if (printed.ok) call.stdout += printed.text;
    else fail(call, printed.message);
  }
}

function getContexts(call: Call, names: readonly string[]): void {
  const output = valueOf(call, 'output') ?? '';
  if (output !== '' && output !== 'name') {
    fail(
      call,
      `--output ${output} is not available in kubectl config get-contexts; resetting to default output format`,
    );
    return;
  }
  const shown = names.length === 0 || names.includes(CONTEXT);
  if (output === 'name') {
    if (shown) call.stdout += `${CONTEXT}\n`;
    return;
  }
  const { namespace } = call.context;
  const row = ['*', CONTEXT, CLUSTER, USER, namespace === 'default' ? '' : namespace];
  call.stdout += alignRows(
    [
      ...(isSet(call, 'no-headers')
        ? []
        : [['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE']]),
      ...(shown ? [row] : []),
    ],
    [],
  );
  for (const name of names.filter((each) => each !== CONTEXT)) {
    fail(call, `context ${name} not found`);
  }
}

function setContext(call: Call, name: string | undefined): void {
  if (!isSet(call, 'current') && name === undefined) {
    fail(call, 'you must specify a non-empty context name or --current');
    return;
  }
  if (!isSet(call, 'current') && name !== CONTEXT) {
    fail(call, 'only the current context can be changed in this terminal: use --current');
    return;
  }
  const namespace = valueOf(call, 'namespace');
  // An empty namespace takes the setting away.
  if (namespace !== undefined) call.context.namespace = namespace === '' ? 'default' : namespace;
  call.stdout += `Context ${JSON.stringify(CONTEXT)} modified.\n`;
}

/** `kubectl config`: one cluster, one user, one context, whose namespace may change. */
export function config(call: Call): void {
  const [what, ...names] = call.flags.words;
  const [name] = names;
  switch (what) {
    case 'view':
      return viewConfig(call);
    case 'current-context':
      call.stdout += `${CONTEXT}\n`;
      return undefined;
    case 'get-contexts':
      return getContexts(call, names);
    case 'get-clusters':
      call.stdout += `NAME\n${CLUSTER}\n`;
      return undefined;
    case 'get-users':
      call.stdout += `NAME\n${USER}\n`;
      return undefined;
    case 'use-context':
    case 'use':
      if (name === undefined) return fail(call, 'Unexpected args: []');
      if (name !== CONTEXT)
        return fail(call, `no context exists with the name: ${JSON.stringify(name)}`);
      call.stdout += `Switched to context ${JSON.stringify(CONTEXT)}.\n`;
      return undefined;
    case 'set-context':
      return setContext(call, name);
    case undefined:
      call.stdout +=
        'Available here: config current-context, get-clusters, get-contexts, get-users, set-context, use-context, view.\n';
      call.exitCode = 1;
      return undefined;
    default:
      return failUsage(call, `unknown command ${JSON.stringify(what)}`);
  }
}
