import type { Micros } from '../base/clock.ts';

/** A router said that there is a better way to one address (struct fib_nh_exception). */
export interface RedirectedRoute {
  readonly gateway: string;
  /** The way that it stands in for: it counts while routing still names that one. */
  readonly instead: string;
  readonly device: string;
  readonly expiresAt: Micros;
}

/** How many redirects a host was sent lately, and when (struct inet_peer). */
export interface RedirectedHost {
  count: number;
  lastAt: Micros;
}
