import type { IpPacket } from '../../packet/packet.ts';
import type { NftRule } from './nft/model.ts';
import type { Rule } from './rule.ts';

/** A rule asks chance about a packet (xt_statistic, nft's numgen). */
export interface Lot {
  /** Id of the network namespace whose rule asks. */
  readonly namespace: string;
  /** As it is when the rule sees it. */
  readonly packet: IpPacket;
  readonly rule: Rule | NftRule;
  /** The answer is an integer from 0 to `sides` - 1. */
  readonly sides: number;
}

/**
 * Decides a lot, or (undefined) leaves it to the cluster's generator. Who replays what a real kernel did hands in the
 * kernel's pick; everybody else draws from the seed.
 */
export type DrawLot = (lot: Lot) => number | undefined;
