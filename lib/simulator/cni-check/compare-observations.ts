import { compareSaved } from '../conformance/compare-saved.ts';
import type { Observation } from './cni-case.ts';

/** One thing that is not the same after a step. */
export interface CniDifference {
  readonly what: string;
  readonly ours: string;
  readonly real: string;
}

interface AnswerShape {
  readonly interfaces?: readonly { readonly name: string; readonly mac: string }[];
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** Locally administered and unicast, as the kernel draws addresses (eth_random_addr). */
const isDrawn = (mac: string) => MAC.test(mac) && (parseInt(mac.slice(0, 2), 16) & 3) === 2;

/** Names of veths and MACs are drawn: what is compared is their form. */
function normalizeAnswer(answer: string): unknown {
  if (!answer.startsWith('{')) return answer;
  const parsed = JSON.parse(answer) as AnswerShape;
  const interfaces = (parsed.interfaces ?? []).map((each) => ({
    ...each,
    name: each.name.replace(/^veth[0-9a-f]{8}$/, 'veth*'),
    mac: isDrawn(each.mac) ? 'drawn' : each.mac,
  }));
  return { ...parsed, interfaces };
}

const sortKeys = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sortKeys)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, each]) => [key, sortKeys(each)]),
        )
      : value;

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : JSON.stringify(sortKeys(value), null, 1);

function different(what: string, ours: unknown, real: unknown): CniDifference[] {
  const [left, right] = [textOf(ours), textOf(real)];
  return left === right ? [] : [{ what, ours: left, real: right }];
}

/** What differs between what our plug-ins left and what the real ones left, after the same step. */
export function compareObservations(ours: Observation, real: Observation): CniDifference[] {
  return [
    ...different('answer', normalizeAnswer(ours.answer), normalizeAnswer(real.answer)),
    ...different('links of the host', ours.hostLinks, real.hostLinks),
    ...different('routes of the host', ours.hostRoutes, real.hostRoutes),
    ...different('sysctls', ours.sysctls, real.sysctls),
    ...different('reservations', ours.reservations, real.reservations),
    ...different('pods', ours.pods, real.pods),
    ...differentRules('nat chain', ours.hostNat, real.hostNat),
    ...differentRules('ip6tables nat chain', ours.hostNat6, real.hostNat6),
  ];
}

const differentRules = (
  what: string,
  ours: readonly string[],
  real: readonly string[],
): CniDifference[] =>
  compareSaved(ours.join('\n'), real.join('\n')).map(({ chain, ours: left, kernel }) => ({
    what: `${what} ${chain}`,
    ours: left,
    real: kernel,
  }));
