import { ask, fail, failStatus, failUsage, isSet, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { parseOutputFormat, printValue } from './print/output-format.ts';
import { alignRows } from './print/tab-writer.ts';
import { compactRules, goList, resourceText, sortKey, type Rule } from './policy-rules.ts';
import { resourceOf } from './resources.ts';

export const AUTH_FLAGS: readonly FlagSpec[] = [
  flag('list', 'boolean'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('quiet', 'boolean', 'q'),
  flag('subresource', 'string'),
  flag('no-headers', 'boolean'),
  flag('output', 'string', 'o'),
];

const KNOWN_VERBS =
  '* get list watch create update patch delete deletecollection use bind impersonate escalate proxy'.split(
    ' ',
  );
/** Resources that no group serves, and that one may have rights to. */
const VIRTUAL = ['users', 'groups'];

/** Sends a review and gives the answer with its status; undefined after it printed the refusal. */
function review<T>(call: Call, group: string, kind: string, spec?: unknown): T | undefined {
  const version = 'v1';
  const apiVersion = `${group}.k8s.io/${version}`;
  const answer = ask<T>(call, {
    method: 'POST',
    path: `/apis/${apiVersion}/${kind.toLowerCase()}s`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion, kind, ...(spec === undefined ? {} : { spec }) }),
  });
  if (answer.ok) return answer.value;
  failStatus(call, answer.status);
  return undefined;
}

interface Wanted {
  readonly group?: string;
  readonly resource: string;
  readonly name?: string;
}

/** `pods/web`, `deployments.apps`, `*`: with warnings about what the server does not know. */
function wantedOf(call: Call, text: string): Wanted {
  const [word = '', name] = text.split(/\/(.*)/s);
  const named = name === undefined || name === '' ? {} : { name };
  if (word === '*') return { group: '*', resource: '*', ...named };
  const kind = resourceOf(call, word);
  if (!kind) {
    const [resource, group] = word.split(/\.(.*)/s);
    if (!VIRTUAL.includes(word)) {
      call.stderr += `Warning: the server doesn't have a resource type '${resource}'${group ? ` in group '${group}'` : ''}\n\n`;
    }
    return { resource: word, ...named };
  }
  if (!kind.isNamespaced && !isSet(call, 'all-namespaces')) {
    const inGroup = kind.group === '' ? '' : ` in group '${kind.group}'`;
    call.stderr += `Warning: resource '${kind.plural}' is not namespace scoped${inGroup}\n\n`;
  }
  return { group: kind.group, resource: kind.plural, ...named };
}

interface AccessAnswer {
  readonly status: {
    readonly allowed: boolean;
    readonly reason?: string;
    readonly evaluationError?: string;
  };
}

const TWO_ARGUMENTS =
  "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.";

function canI(call: Call, words: readonly string[]): void {
  if (isSet(call, 'list')) return listRights(call);
  const [verb = '', text = ''] = words;
  if (words.length !== 2) return fail(call, TWO_ARGUMENTS);
  if (!KNOWN_VERBS.includes(verb) && !text.startsWith('/')) {
    call.stderr += `Warning: verb '${verb}' is not a known verb\n\n`;
  }
  const namespace = isSet(call, 'all-namespaces') ? '' : call.namespace;
  const subresource = valueOf(call, 'subresource');
  const spec = text.startsWith('/')
    ? { nonResourceAttributes: { verb, path: text } }
    : {
        resourceAttributes: {
          namespace,
          verb,
          ...wantedOf(call, text),
          ...(subresource === undefined ? {} : { subresource }),
        },
      };
  const answer = review<AccessAnswer>(call, 'authorization', 'SelfSubjectAccessReview', spec);
  if (!answer) return undefined;
  const { allowed, reason, evaluationError } = answer.status;
  const why = [reason, evaluationError].filter(Boolean).map((part) => ` - ${part}`);
  if (!isSet(call, 'quiet')) call.stdout += allowed ? 'yes\n' : `no${why.join('')}\n`;
  if (!allowed) call.exitCode = 1;
  return undefined;
}

interface RulesAnswer {
  readonly status: {
    readonly resourceRules?: readonly Rule[] | null;
    readonly nonResourceRules?: readonly Rule[] | null;
  };
}

function listRights(call: Call): void {
  const answer = review<RulesAnswer>(call, 'authorization', 'SelfSubjectRulesReview', {
    namespace: call.namespace,
  });
  if (!answer) return;
  const { resourceRules, nonResourceRules } = answer.status;
  const rules = compactRules([...(resourceRules ?? []), ...(nonResourceRules ?? [])]);
  const rows = rules
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
    .map((rule) => [
      resourceText(rule),
      goList(rule.nonResourceURLs),
      goList(rule.resourceNames),
      goList(rule.verbs),
    ]);
  const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  call.stdout += alignRows(isSet(call, 'no-headers') ? rows : [header, ...rows], []);
}

interface SelfAnswer {
  readonly status: {
    readonly userInfo: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

function whoAmI(call: Call): void {
  const format = parseOutputFormat(valueOf(call, 'output'), 'objects');
  if (typeof format === 'string') return fail(call, format);
  const before = [call.stderr, call.exitCode] as const;
  const answer = review<SelfAnswer>(call, 'authentication', 'SelfSubjectReview');
  if (!answer) {
    [call.stderr, call.exitCode] = before;
    return fail(
      call,
      'the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it',
    );
  }
  if (format.type !== 'table') {
    const printed = printValue(
      format,
      { ...answer, metadata: {} },
      [],
      () => 'selfsubjectreview.authentication.k8s.io/',
    );
    if (printed.ok) call.stdout += printed.text;
    else fail(call, printed.message);
    return undefined;
  }
  const { username = '', uid, groups, extra = {} } = answer.status.userInfo;
  call.stdout += alignRows(
    [
      ['ATTRIBUTE', 'VALUE'],
      ...(username ? [['Username', username]] : []),
      ...(uid ? [['UID', uid]] : []),
      ...(groups && groups.length > 0 ? [['Groups', goList(groups)]] : []),
      ...Object.entries(extra)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, values]) => [`Extra: ${key}`, goList(values)]),
    ],
    [],
  );
  return undefined;
}

/** `kubectl auth can-i` and `whoami`. */
export function auth(call: Call): void {
  const [what, ...words] = call.flags.words;
  if (what === 'can-i') return canI(call, words);
  if (what === 'whoami') return whoAmI(call);
  if (what !== undefined) return failUsage(call, `unknown command ${JSON.stringify(what)}`);
  call.stdout += 'Available here: auth can-i, auth whoami.\n';
  call.exitCode = 1;
  return undefined;
}
