import type { ObjectRef } from '../../base/object-ref.ts';
import type { NetworkEnvironment } from '../../linux/environment.ts';
import type { Network } from '../../linux/network.ts';

/** The machine on which a plug-in runs. */
export interface CniHost {
  readonly network: Network;
  readonly environment: NetworkEnvironment;
  /** Id of the host's namespace. */
  readonly namespace: string;
  /** The host's files: host-local keeps its reservations there. */
  readonly files: Record<string, string>;
  /** On whose behalf: the reason that rules and routes carry. */
  readonly because?: ObjectRef;
}
