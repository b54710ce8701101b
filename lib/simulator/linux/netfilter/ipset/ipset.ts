import type { Micros } from '../../../base/clock.ts';
import type { ObjectRef } from '../../../base/object-ref.ts';

/** Kinds of sets that are simulated, by their name in `ipset create`. */
export type IpsetType =
  'hash:ip' | 'hash:net' | 'hash:ip,port' | 'hash:ip,port,net' | 'bitmap:port' | 'list:set';

/** One set of ipset(8). Plain data; edited through `edit-ipset.ts`. */
export interface Ipset {
  readonly name: string;
  readonly type: IpsetType;
  readonly family: 'inet' | 'inet6';
  /** hash types. */
  readonly hashSize: number;
  readonly maxElements: number;
  /** bitmap:port only. */
  readonly range?: readonly [first: number, last: number];
  /** Seconds that an element lives when it says nothing else. */
  readonly timeout?: number;
  readonly hasComments?: true;
  readonly because?: ObjectRef;
  /** Other machines hold the very same elements: whoever writes takes a copy first (`ownIpset`). */
  readonly isShared?: true;
  /** By key as `ipset save` writes it: `10.0.0.1`, `10.0.0.1,tcp:80`, `10.0.0.1,tcp:80,10.1.0.0/16`. */
  readonly elements: Record<string, IpsetElement>;
}

export interface IpsetElement {
  readonly comment?: string;
  readonly expiresAt?: Micros;
  /** hash:net: an exception inside a larger network. */
  readonly isException?: true;
  readonly because?: ObjectRef;
}
