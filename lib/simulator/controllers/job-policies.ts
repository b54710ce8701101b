import type { Job, PodFailurePolicyRule } from '../api/batch/job.ts';
import { parseIndexes } from '../api/batch/index-list.ts';
import type { Pod } from '../api/core/pod.ts';
import { objectKey } from './ownership.ts';

type Verdict =
  | { readonly action: 'FailJob'; readonly message: string }
  | { readonly action: 'FailIndex' | 'Ignore' | 'Count' };

type ExitCodes = NonNullable<PodFailurePolicyRule['onExitCodes']>;

function exitThatMatches(
  pod: Pod,
  { containerName, operator, values }: ExitCodes,
): { name: string; exitCode: number } | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses]
    .flatMap(({ name, state }) =>
      state?.terminated ? [{ name, exitCode: state.terminated.exitCode }] : [],
    )
    .find(
      ({ name, exitCode }) =>
        exitCode !== 0 &&
        (containerName === undefined || containerName === name) &&
        values.includes(exitCode) === (operator === 'In'),
    );
}

/** What a rule finds wrong with a pod, as the message of the Job says it. */
function matchOf(pod: Pod, rule: PodFailurePolicyRule): string | undefined {
  const who = objectKey(pod);
  if (rule.onExitCodes) {
    const exit = exitThatMatches(pod, rule.onExitCodes);
    return exit && `Container ${exit.name} for pod ${who} failed with exit code ${exit.exitCode}`;
  }
  const found = rule.onPodConditions?.find(({ type, status = 'True' }) =>
    pod.status?.conditions?.some((each) => each.type === type && each.status === status),
  );
  return found && `Pod ${who} has condition ${found.type}`;
}

/** What the failure of a pod means: the first rule that matches decides (pod_failure_policy.go). */
export function judgeFailure({ spec }: Job, pod: Pod): Verdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchOf(pod, rule);
    if (match === undefined) continue;
    if (rule.action !== 'FailJob') return { action: rule.action };
    return { action: 'FailJob', message: `${match} matching FailJob rule at index ${index}` };
  }
  return { action: 'Count' };
}

/** The rule of the success policy that the finished indexes meet, in words (success_policy.go). */
export function metSuccessRule({ spec }: Job, succeeded: readonly number[]): string | undefined {
  const index = (spec.successPolicy?.rules ?? []).findIndex(
    ({ succeededIndexes, succeededCount }) => {
      const asked =
        succeededIndexes === undefined
          ? undefined
          : parseIndexes(succeededIndexes, spec.completions ?? 0);
      const counted = asked ? asked.filter((each) => succeeded.includes(each)) : succeeded;
      return counted.length >= (succeededCount ?? asked?.length ?? Infinity);
    },
  );
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
