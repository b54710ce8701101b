/**
 * `npm run -s sim -- VERB`: the simulated cluster on the command line. Everything here goes through the simulator's
 * door; this file only reads files, prints, and answers HTTP.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import {
  findOptionProblems,
  formatOptionProblem,
  openSandbox,
  printIptablesSave,
  runAt,
  sendRequest,
  tellStory,
  ENGINE_VERSION,
  type ClusterOptions,
  type Sandbox,
  type Scenario,
} from './index.ts';
import { lintCluster } from './policies.ts';
import { printFindings } from './policy/lint/print-findings.ts';
import { answerReach, type ReachRequest } from './view/answer-reach.ts';
import { serve, type ServeOptions } from './serve/serve.ts';
import { newToken, parseTokenFile } from './serve/token-users.ts';

const HELP = `Usage: npm run -s sim -- VERB [--file manifests.yaml ...] [--cluster options.yaml] [--seed TEXT] [--json]

Verbs
  serve   [--port 8001] [--kubeconfig FILE]    the API server for a real kubectl, on 127.0.0.1
          [--tls] [--token TEXT] [--users FILE]   over TLS, with users by bearer tokens, so that RBAC counts
  trace   --from NS/POD --to HOST:PORT         the path of one request, hop by hop
  http    --from NS/POD URL                    one HTTP request and its answer
  dns     --from NS/POD NAME [TYPE]            one look-up, as dig prints it
  rules   --node NODE                          the node's rules, as iptables-save prints them
  reach   [--focus NS/WORKLOAD]                who may talk to whom by the policies, as a table of workloads and ports
          --list                               the same, one line a pair with all ports that pass
          --from NS/WORKLOAD --to NS/WORKLOAD[:PORT[/udp]]   one cell, and what every policy says of it
          --before manifests.yaml ...          what was gained and lost since those manifests
          --exposure NS/WORKLOAD               pods that do not exist yet: which could reach it
          --packets                            real TCP connections to every Service and container port
  lint                                         what in the policies hardly does what was meant, and why

--cluster takes a file with what differs from the usual cluster: podCidr, nodes, cni, proxyMode and the like. Policies
are enforced unless it says networkPolicies: ignored.
--tls makes an authority and a certificate at start; the kubeconfig has both it and the administrator's token.
--users takes a static token file: token,user,uid,"group1,group2" on each line.
reach exits with 1 when a cell is not admitted or something was gained or lost, lint when it warns.
--from takes namespace/pod (a prefix of the pod's name will do), a node's name, or workstation.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: 'string', multiple: true, default: [] },
    cluster: { type: 'string' },
    seed: { type: 'string', default: 'sim' },
    from: { type: 'string' },
    to: { type: 'string' },
    node: { type: 'string' },
    port: { type: 'string', default: '8001' },
    kubeconfig: { type: 'string' },
    tls: { type: 'boolean', default: false },
    token: { type: 'string' },
    users: { type: 'string' },
    namespace: { type: 'string', short: 'n', default: 'default' },
    focus: { type: 'string' },
    list: { type: 'boolean', default: false },
    before: { type: 'string', multiple: true },
    exposure: { type: 'string' },
    packets: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const print = (text: string) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function required(name: 'from' | 'to' | 'node'): string {
  return values[name] ?? fail(`sim: --${name} is needed; see --help`);
}

/** The options that a file brings; nothing that an installer would refuse gets through. */
function readClusterOptions(file: string): Partial<ClusterOptions> {
  const document = parseDocument(readFileSync(file, 'utf8'));
  const [unreadable] = document.errors;
  if (unreadable) fail(`sim: ${file}: ${unreadable.message}`);
  const options: unknown = document.toJS({ maxAliasCount: 0 }) ?? {};
  const problems = findOptionProblems(options);
  if (problems.length > 0) {
    fail(problems.map((problem) => `sim: ${file}: ${formatOptionProblem(problem)}`).join('\n'));
  }
  return options as Partial<ClusterOptions>;
}

/** With `now` the sandbox is as old as it is to a kubectl of this machine. */
function openFromFiles(now?: string, files: readonly string[] = values.file): Sandbox {
  const scenario: Scenario = {
    name: 'sim',
    ...(now !== undefined && { now }),
    // Whoever brings policies wants to see what they do.
    cluster: {
      networkPolicies: 'enforced',
      ...(values.cluster !== undefined && readClusterOptions(values.cluster)),
    },
    manifests: files.map((file) => readFileSync(file, 'utf8')),
    namespace: values.namespace,
  };
  return openSandbox({ version: ENGINE_VERSION, scenario, seed: values.seed, actions: [] });
}

const isoNow = () => new Date().toISOString();

function trace(): void {
  const sandbox = openFromFiles();
  const sent = sendRequest(sandbox, required('from'), required('to'));
  const recorded = sandbox.cluster.trace(sent.trace);
  const hops = tellStory(recorded?.steps ?? []);
  if (values.json) {
    print(
      JSON.stringify({ disposition: recorded?.disposition, outcome: sent.outcome, hops }, null, 2),
    );
    return;
  }
  for (const hop of hops) {
    print(
      `${String(hop.number).padStart(3)}  ${hop.direction === 'reply' ? '←' : '→'} ${hop.title}`,
    );
    print(`       ${hop.sentence}`);
    for (const line of hop.lines.filter(({ isDeciding }) => isDeciding))
      print(`       | ${line.text}`);
  }
  print(
    `${recorded?.disposition ?? 'unknown'}: ${JSON.stringify(sent.outcome)} after ${sent.milliseconds} ms`,
  );
}

function http(): void {
  const sandbox = openFromFiles();
  const sent = sendRequest(sandbox, required('from'), positionals[1] ?? required('to'));
  print(values.json ? JSON.stringify(sent, null, 2) : sent.output);
  process.exitCode = sent.exitCode;
}

function dns(): void {
  const sandbox = openFromFiles();
  const [, name = '', type = 'A'] = positionals;
  const { output, exitCode } = runAt(sandbox.cluster, required('from'), 'dig', [name, type]);
  print(values.json ? JSON.stringify({ output, exitCode }) : output);
  process.exitCode = exitCode;
}

function rules(): void {
  const sandbox = openFromFiles();
  const node = required('node');
  const namespace = sandbox.cluster.network.namespaces[node];
  if (!namespace) fail(`sim: there is no node ${node}`);
  sandbox.cluster.wake(namespace);
  const text = printIptablesSave(namespace.ruleset);
  print(values.json ? JSON.stringify({ node, text }) : text);
}

function reachRequest(): ReachRequest {
  const { from, to, before, exposure, focus } = values;
  if (values.packets) return { ask: 'packets' };
  if (values.list) return { ask: 'list' };
  if (exposure !== undefined) return { ask: 'exposure', of: exposure };
  if (before) return { ask: 'difference', before: openFromFiles(undefined, before).cluster };
  if (from !== undefined || to !== undefined)
    return { ask: 'cell', from: required('from'), to: required('to') };
  return { ask: 'matrix', ...(focus !== undefined && { focus }) };
}

function reach(): void {
  const answer = answerReach(openFromFiles().cluster, reachRequest());
  if ('problem' in answer) fail(`sim: ${answer.problem}`);
  print(values.json ? JSON.stringify(answer.value, null, 2) : answer.text);
  process.exitCode = answer.exitCode;
}

function lint(): void {
  const findings = lintCluster(openFromFiles().cluster);
  print(values.json ? JSON.stringify(findings, null, 2) : printFindings(findings));
  process.exitCode = findings.some(({ severity }) => severity === 'warning') ? 1 : 0;
}

/** TLS when it is asked for, by name or by what needs it. */
function security(): ServeOptions['secure'] {
  const { tls, token, users: file } = values;
  if (!tls && token === undefined && file === undefined) return undefined;
  const parsed = parseTokenFile(file === undefined ? '' : readFileSync(file, 'utf8'));
  if (!parsed.ok) return fail(`sim: ${file ?? ''}: ${parsed.problem}`);
  return { token: token ?? newToken(), users: parsed.users };
}

async function answerKubectl(): Promise<void> {
  const secure = security();
  const server = await serve(openFromFiles(isoNow()), {
    port: Number(values.port),
    clock: 'real',
    namespace: values.namespace,
    ...(secure && { secure }),
  });
  if (values.kubeconfig !== undefined)
    writeFileSync(values.kubeconfig, server.kubeconfig, { mode: 0o600 });
  print(`The simulated cluster answers at ${server.address}. Point kubectl at it:\n`);
  if (values.kubeconfig !== undefined) {
    print(`  kubectl --kubeconfig ${values.kubeconfig} get pods -A\n`);
  } else if (secure) print(server.kubeconfig);
  else print(`  kubectl --server ${server.address} get pods -A\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close());
  }
}

const VERBS: Readonly<Record<string, () => void>> = {
  trace,
  http,
  dns,
  rules,
  reach,
  lint,
  serve: () => {
    answerKubectl().catch((error: unknown) => fail(`sim: ${String(error)}`));
  },
};

const verb = VERBS[positionals[0] ?? ''];
if (values.help || !verb) {
  print(HELP);
  process.exitCode = values.help ? 0 : 2;
} else verb();
