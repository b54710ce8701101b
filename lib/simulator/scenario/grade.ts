import { unreachable } from '../base/invariant.ts';
import type { Json, KubeObject } from '../api/meta/object.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { canonicalJson } from '../snapshot.ts';
import { checkBlastRadius, checkIsolation } from './check-reach.ts';
import type { Check, Finding, Grade, RequestOutcome } from './checks.ts';
import { forkSandbox, startScenario, type Sandbox } from './sandbox.ts';
import { sendRequest } from './send-request.ts';
import type { Transcript } from './transcript.ts';
import { checkUninterrupted } from './uninterrupted.ts';

/** What a check may compare with: the sandbox as it began. Built once, and only when a check asks. */
interface Bench {
  readonly sandbox: Sandbox;
  start(): Sandbox;
}

const describeOutcome = ({ status, failure }: RequestOutcome): string =>
  status !== undefined ? `HTTP ${status}` : (failure ?? 'no answer');

function checkRequest(check: Extract<Check, { type: 'request' }>, { sandbox }: Bench): Finding {
  const fork = forkSandbox(sandbox);
  const { outcome, milliseconds } = sendRequest(fork, check.from, check.url);
  return {
    title: check.title,
    passed:
      check.expect.failure === undefined
        ? outcome.status === check.expect.status
        : outcome.failure === check.expect.failure,
    observed: `${describeOutcome(outcome)} ${outcome.failure === 'timeout' ? 'after' : 'in'} ${milliseconds} ms`,
    expected: describeOutcome(check.expect),
  };
}

/** The value under a path such as `.spec.ports[0].targetPort`; undefined when it leads nowhere. */
export function valueAt(object: unknown, path: string): unknown {
  const keys = path.match(/[^.[\]]+|\[(?:'[^']*'|\d+)\]/g) ?? [];
  let value: unknown = object;
  for (const key of keys) {
    const name = key.replace(/^\[?'?|'?\]?$/g, '');
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

const show = (value: unknown) =>
  value === undefined ? 'absent' : typeof value === 'string' ? value : canonicalJson(value);

function findObject(sandbox: Sandbox, check: { kind: string; namespace?: string; name: string }) {
  return sandbox.cluster.store.get<KubeObject>(check.kind, check.namespace, check.name);
}

function checkObject(check: Extract<Check, { type: 'object' }>, { sandbox }: Bench): Finding {
  const object = findObject(sandbox, check);
  const value = valueAt(object, check.path);
  const isEqual = canonicalJson(value) === canonicalJson(check.equals satisfies Json);
  return {
    title: check.title,
    passed: object !== undefined && isEqual,
    observed: object ? `${check.path}: ${show(value)}` : `no ${check.kind} ${check.name}`,
    expected: show(check.equals),
  };
}

function checkEndpoints(check: Extract<Check, { type: 'endpoints' }>, { sandbox }: Bench): Finding {
  const ready = sandbox.cluster.store
    .list<EndpointSlice>('EndpointSlice', {
      namespace: check.namespace,
      labelSelector: `kubernetes.io/service-name=${check.service}`,
    })
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false).length;
  const count = (number: number) => `${number} ready ${number === 1 ? 'endpoint' : 'endpoints'}`;
  return {
    title: check.title,
    passed: ready === check.ready,
    observed: count(ready),
    expected: count(check.ready),
  };
}

function checkKept(check: Extract<Check, { type: 'kept' }>, bench: Bench): Finding {
  const now = findObject(bench.sandbox, check);
  const before = findObject(bench.start(), check);
  const changed = check.paths.filter(
    (path) => canonicalJson(valueAt(now, path)) !== canonicalJson(valueAt(before, path)),
  );
  return {
    title: check.title,
    passed: now !== undefined && changed.length === 0,
    observed: !now
      ? `no ${check.kind} ${check.name}`
      : changed.length === 0
        ? 'unchanged'
        : changed.map((path) => `${path}: ${show(valueAt(now, path))}`).join(', '),
    expected: 'unchanged',
  };
}

function decide(check: Check, bench: Bench): Finding {
  switch (check.type) {
    case 'request':
      return checkRequest(check, bench);
    case 'object':
      return checkObject(check, bench);
    case 'endpoints':
      return checkEndpoints(check, bench);
    case 'blast-radius':
      return checkBlastRadius(check, bench.start().cluster, bench.sandbox.cluster);
    case 'isolation':
      return checkIsolation(check, forkSandbox(bench.sandbox).cluster);
    case 'kept':
      return checkKept(check, bench);
    case 'uninterrupted':
      return checkUninterrupted(check, forkSandbox(bench.sandbox));
    default:
      return unreachable(check);
  }
}

/**
 * Decides every check on a settled fork: the learner's sandbox stays as it is. A check never fails because pods
 * were still starting.
 */
export function gradeSandbox(
  sandbox: Sandbox,
  checks: readonly Check[],
  origin: Pick<Transcript, 'scenario' | 'seed'>,
): Grade {
  const settled = forkSandbox(sandbox);
  settled.cluster.settle();
  let started: Sandbox | undefined;
  const bench: Bench = {
    sandbox: settled,
    start: () => (started ??= startScenario(origin.scenario, origin.seed)),
  };
  const findings = checks.map((check) => decide(check, bench));
  return { passed: findings.every((finding) => finding.passed), findings };
}
