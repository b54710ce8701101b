import type { NormalPolicy } from '../normal-policy.ts';
import type { Lint, PolicyCheck } from './lint-context.ts';
import { nearLabel, sayNear } from './near-labels.ts';
import { counted, isEmptySelector, selectorText, some, whereOf } from './say.ts';
import { findsLabels, namespacesOf, podsAround, willBeFound } from './who-is-found.ts';

const NOTHING_HAPPENS =
  'A policy is about the pods that its selector finds. While there are none it isolates nobody and changes nothing.';

/** What is there instead: another label, or no pods at all. */
function sayInstead({ subject }: NormalPolicy, { engine }: Lint): string {
  const { world } = engine;
  const labels = podsAround(subject, world).map((pod) => pod.labels);
  const near = nearLabel(subject.pods, labels);
  if (near) return ` ${sayNear(near, 'pod')}`;
  if (labels.length > 0) return '';
  if (namespacesOf(subject, world).length > 0) {
    return typeof subject.namespaces === 'string'
      ? ' The namespace has no pods at all.'
      : ' These namespaces have no pods at all.';
  }
  if (typeof subject.namespaces === 'string') return ' The namespace does not exist.';
  const spaces = nearLabel(subject.namespaces, [...world.namespaces.values()]);
  const there = spaces ? ` ${sayNear(spaces, 'namespace')}` : '';
  return ` No namespace has such labels.${there}`;
}

/** The policy is about no pod: none has these labels, or all that have them are on their node's network. */
export const checkSubject: PolicyCheck = (policy, lint) => {
  const { subject, ref } = policy;
  const { engine } = lint;
  if (engine.podsOf(subject).length > 0) return [];
  const onHosts = podsAround(subject, engine.world).filter((pod) =>
    findsLabels(subject, pod, engine.world),
  );
  if (onHosts.length > 0) {
    const keys = some(onHosts.map(({ key }) => key));
    const verb = onHosts.length === 1 ? 'is' : 'are';
    return [
      {
        check: 'selects-host-network',
        severity: 'warning',
        policy: ref,
        others: [],
        path: subject.path,
        sentence: `It finds ${counted(onHosts.length, 'pod')}, ${keys}, and ${onHosts.length === 1 ? 'it' : 'all of them'} ${verb} on the network of the node.`,
        why: 'A pod with `hostNetwork: true` has the addresses of its node. To policies it is that node: none selects it, and only an address or a node selector finds it as a peer.',
      },
    ];
  }
  if (willBeFound(subject, lint)) return [];
  const asked = isEmptySelector(subject.pods) ? '' : ` with ${selectorText(subject.pods)}`;
  return [
    {
      check: 'selects-nothing',
      severity: 'warning',
      policy: ref,
      others: [],
      path: subject.path,
      sentence: `It selects nothing: there is no pod${asked} ${whereOf(subject)}.${sayInstead(policy, lint)}`,
      why: NOTHING_HAPPENS,
    },
  ];
};
