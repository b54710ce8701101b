import { matchesLabelSelector } from '../../api/meta/label-selector.ts';
import type { NormalPolicy, PodPeer } from '../normal-policy.ts';
import { askedRules, type Lint, type PolicyCheck } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { nearLabel, sayNear } from './near-labels.ts';
import { code, isEmptySelector, selectorText, some, whereOf } from './say.ts';
import { findsLabels, namespacesOf, podsAround, willBeFound } from './who-is-found.ts';

const FINDS_NOBODY =
  'A rule is for those whom its peers find. Pods that come later and have these labels will be among them.';

interface Instead {
  readonly text: string;
  /** Somebody is there who may have been meant. */
  readonly isClose: boolean;
}

const NOBODY: Instead = { text: '', isClose: false };

/** Pods with these labels in other namespaces: a `podSelector` alone does not look there. */
function elsewhere({ namespaces, pods }: PodPeer, { engine }: Lint): Instead {
  if (typeof namespaces !== 'string' || isEmptySelector(pods)) return NOBODY;
  const found = engine.world.pods.filter(
    (pod) => !pod.isOnHostNetwork && matchesLabelSelector(pods, pod.labels),
  );
  if (found.length === 0) return NOBODY;
  const spaces = some([...new Set(found.map(({ namespace }) => namespace))]);
  const text = ` Pods with these labels are in ${spaces}; a ${code('podSelector')} alone looks into the policy's own namespace.`;
  return { text, isClose: true };
}

function sayInstead(peer: PodPeer, lint: Lint): Instead {
  const { world } = lint.engine;
  const around = podsAround(peer, world);
  const onHosts = around.filter((pod) => findsLabels(peer, pod, world));
  if (onHosts.length > 0) {
    const text = ` ${some(onHosts.map(({ key }) => key))} would be found, but pods on their node's network never are: an address or a node selector finds them.`;
    return { text, isClose: true };
  }
  const near = nearLabel(
    peer.pods,
    around.map(({ labels }) => labels),
  );
  if (near) return { text: ` ${sayNear(near, 'pod')}`, isClose: true };
  if (typeof peer.namespaces !== 'string' && namespacesOf(peer, world).length === 0) {
    const spaces = nearLabel(peer.namespaces, [...world.namespaces.values()]);
    const there = spaces ? ` ${sayNear(spaces, 'namespace')}` : '';
    return { text: ` No namespace has these labels.${there}`, isClose: spaces !== undefined };
  }
  return elsewhere(peer, lint);
}

function checkPods(policy: NormalPolicy, peer: PodPeer, lint: Lint): LintFinding[] {
  if (lint.engine.podsOf(peer).length > 0 || willBeFound(peer, lint)) return [];
  const { text, isClose } = sayInstead(peer, lint);
  const asked = isEmptySelector(peer.pods) ? '' : ` with ${selectorText(peer.pods)}`;
  return [
    {
      check: 'peer-finds-nobody',
      severity: isClose ? 'warning' : 'note',
      policy: policy.ref,
      others: [],
      path: peer.path,
      sentence: `${code(peer.path)} finds nobody: there is no pod${asked} ${whereOf(peer)}.${text}`,
      why: FINDS_NOBODY,
    },
  ];
}

/** A peer that finds no pod or node, and what comes near to it. */
export const checkPeers: PolicyCheck = (policy, lint) =>
  askedRules(policy)
    .flatMap(({ rule }) => rule.peers ?? [])
    .flatMap((peer): LintFinding[] => {
      if (peer.peer === 'pods') return checkPods(policy, peer, lint);
      if (peer.peer !== 'nodes') return [];
      const nodes = lint.engine.world.nodes.map(({ labels }) => labels);
      if (nodes.some((labels) => matchesLabelSelector(peer.nodes, labels))) return [];
      return [
        {
          check: 'peer-finds-nobody',
          severity: 'warning',
          policy: policy.ref,
          others: [],
          path: peer.path,
          sentence: `${code(peer.path)} finds nobody: no node has ${selectorText(peer.nodes)}.`,
          why: FINDS_NOBODY,
        },
      ];
    });
