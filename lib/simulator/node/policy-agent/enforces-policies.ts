import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Store } from '../../apiserver/store.ts';
import type { ClusterOptions } from '../../cluster-options.ts';
import { CNIS } from '../cni/list.ts';
import { parseImageName } from '../kubelet/find-image.ts';

const FIREWALL_IMAGE = 'cloudnativelabs/kube-router';

/** `--run-firewall` is on unless somebody says otherwise; the last word counts (pflag). */
function runsFirewall({ image = '', args = [], command = [] }: Container): boolean {
  if (parseImageName(image)?.path !== FIREWALL_IMAGE) return false;
  const said = [...command, ...args].filter((word) => /^--run-firewall(?:=|$)/.test(word)).at(-1);
  return said === undefined || /^--run-firewall(?:=(?:true|t|1|T|TRUE|True))?$/.test(said);
}

/** Without these it would write the rules of its own network namespace, or none. */
const mayWriteRules = (spec: Pod['spec'], { securityContext = {} }: Container) =>
  spec.hostNetwork === true &&
  (securityContext.privileged === true ||
    securityContext.capabilities?.add?.some((name) => name === 'NET_ADMIN' || name === 'ALL') ===
      true);

/** Whether a kube-router runs in the pod and makes rules of policies. */
export const isFirewallRunning = ({ spec, status }: Pod): boolean =>
  spec.hostNetwork === true &&
  spec.containers.some(
    (container) =>
      runsFirewall(container) &&
      mayWriteRules(spec, container) &&
      status?.containerStatuses?.some(
        ({ name, state }) => name === container.name && state?.running !== undefined,
      ),
  );

/** Lists of the store stay the same until one of their objects changes. */
const known = new WeakMap<readonly Pod[], ReadonlySet<string>>();

function nodesWithFirewall(store: Store): ReadonlySet<string> {
  const pods = store.list<Pod>('Pod');
  const found =
    known.get(pods) ??
    new Set(pods.filter(isFirewallRunning).map(({ spec }) => spec.nodeName ?? ''));
  known.set(pods, found);
  return found;
}

/** Whether the nodes have a policy agent by themselves: the pod network's own, or as the options say. */
export const hasPolicyAgent = ({ networkPolicies, cni }: ClusterOptions): boolean =>
  networkPolicies ? networkPolicies === 'enforced' : CNIS[cni].enforcesPolicies;

/**
 * Whether somebody makes rules of the policies on a node: the pod network by itself, or as the options say; or a kube-router
 * that was installed beside it and runs there now. Rules that were made stay when it stops.
 */
export function enforcesPolicies(
  { store, options }: { readonly store: Store; readonly options: ClusterOptions },
  node: string,
): boolean {
  return hasPolicyAgent(options) || nodesWithFirewall(store).has(node);
}
