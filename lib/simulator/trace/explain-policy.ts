import { formatSocketAddress } from '../base/flow.ts';
import { shortName } from './describe-step.ts';
import { draftHop } from './hop-draft.ts';
import { open, type Account, type PacketStory, type StepOf } from './packet-story.ts';
import type { PolicyDecision } from './policy-decisions.ts';

const code = (text: string) => `\`${text}\``;

/** `ingress rule 1, peer 2`, counted from 1 as people do; the path in the YAML counts from 0. */
function placeInWords({ direction, at: { rule, peer } }: PolicyDecision): string {
  if (rule === undefined) return direction;
  const which = `${direction} rule ${String(rule + 1)}`;
  return peer === undefined ? which : `${which}, peer ${String(peer + 1)}`;
}

/** What would have to be admitted: `TCP port 8080 from web`. */
function askedFor(
  { direction }: PolicyDecision,
  step: StepOf<'netfilter'>,
  sender: string,
): string {
  const { protocol, source, destination } = step.flow;
  const isPortless = protocol.startsWith('icmp');
  const what = isPortless ? 'ICMP' : `${protocol.toUpperCase()} port ${String(destination.port)}`;
  if (direction === 'egress') return `${what} to ${code(destination.address)}`;
  return `${what} from ${code(sender === '' ? source.address : sender)}`;
}

const nameOf = ({ because: { namespace, name } }: PolicyDecision) =>
  namespace === undefined ? name : `${namespace}/${name}`;

const podOf = ({ pod }: PolicyDecision) => (pod === undefined ? 'the pod' : code(pod));

function notAdmitted(decision: PolicyDecision, step: StepOf<'netfilter'>, sender: string): string {
  const { direction, isolating } = decision;
  const asked = askedFor(decision, step, sender);
  const isOne = isolating.length <= 1;
  const who = isOne
    ? `NetworkPolicy ${code(nameOf(decision))} isolates`
    : `${String(isolating.length)} NetworkPolicies isolate`;
  const rules = isOne ? 'no rule of it admits' : 'no rule of theirs admits';
  return `${who} ${podOf(decision)} for ${direction}, and ${rules} ${asked}: dropped, nobody is told`;
}

/** What policies decided, in a sentence. A NetworkPolicy admits or does not; cluster policies speak their API's words. */
export function policyInWords(
  decision: PolicyDecision,
  step: StepOf<'netfilter'>,
  /** The short name of the pod that sends, where it is known. */
  sender: string,
): string {
  const { says, because } = decision;
  const place = placeInWords(decision);
  switch (says) {
    case 'Admits':
      return `${because.kind} ${code(nameOf(decision))} admits this connection: ${place}`;
    case 'Does not admit':
      return notAdmitted(decision, step, sender);
    case 'Accept':
    case 'Allow':
      return `${because.kind} ${code(nameOf(decision))} says ${says} for ${podOf(decision)}: ${place}`;
    case 'Pass':
      return `${because.kind} ${code(nameOf(decision))} says Pass for ${podOf(decision)}: ${place}, and nothing later decides`;
    case 'Deny':
      return `${because.kind} ${code(nameOf(decision))} says Deny for ${podOf(decision)}: ${place}. Dropped, nobody is told`;
  }
}

/** Who sent the packet, when its first hop stands in a pod and its source is unchanged since. */
function senderOf({ hops }: Account, { packet, flow }: StepOf<'netfilter'>): string {
  const first = hops.find((hop) => hop.packet === packet);
  const isSame =
    first?.place.netns !== undefined &&
    formatSocketAddress(first.before.source) === formatSocketAddress(flow.source);
  return isSame ? shortName(first.place) : '';
}

/** A hop for each pod whose policies had a say: those of the sender first, as the rules ask them. */
export function explainPolicies(
  account: Account,
  story: PacketStory,
  step: StepOf<'netfilter'>,
  decisions: readonly PolicyDecision[],
  command: string,
): void {
  const sender = senderOf(account, step);
  for (const decision of decisions) {
    const { direction, says, pod, because, rules, deciding } = decision;
    const short = pod === undefined ? shortName(step.place) : pod.slice(pod.lastIndexOf('/') + 1);
    const text = {
      title: `${short} · ${direction} policy`,
      sentence: policyInWords(decision, step, sender),
    };
    const isLast = decision === decisions.at(-1);
    const hop = draftHop(step, story.direction, text, {
      layer: 'policy',
      lines: rules.map((rule) => ({ text: rule.text, isDeciding: rule === deciding })),
      ...(isLast ? { compared: step.compared } : {}),
      command,
      because,
      after: step.after,
      policy: { direction, says, ...(pod === undefined ? {} : { pod }) },
    });
    open(account, story, hop);
  }
}
