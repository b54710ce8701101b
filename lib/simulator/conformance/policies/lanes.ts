import type { ProxyMode } from '../../cluster-options.ts';
import type { Tally } from '../suite.ts';

/** One way of making rules of policies, and where its answers are counted. */
export interface Lane {
  readonly proxyMode: ProxyMode;
  readonly tally: Tally;
  /** Of pods that ask themselves. */
  readonly itself: Tally;
}

const REACHES_ITSELF = 'a pod reaches itself';
const BY_NFTABLES = 'by rules of nftables';

/** Rules of iptables count for the table; those of nftables are counted apart. */
export const iptablesLane = (tally: Tally): Lane => ({
  proxyMode: 'iptables',
  tally,
  itself: tally.apartAs(REACHES_ITSELF),
});

const nftablesLane = (tally: Tally): Lane => ({
  proxyMode: 'nftables',
  tally: tally.apartAs(BY_NFTABLES),
  itself: tally.apartAs(`${REACHES_ITSELF}, ${BY_NFTABLES}`),
});

export const lanesOf = (tally: Tally): readonly Lane[] => [
  iptablesLane(tally),
  nftablesLane(tally),
];
