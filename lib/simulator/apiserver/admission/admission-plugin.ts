import type { RandomState } from '../../base/random.ts';
import type { KubeObject, Status } from '../../api/meta/object.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import type { Store } from '../store.ts';
import type { CallWebhook } from './webhook-call.ts';

/** A write that is on its way into the store. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly kind: KindDescription;
  /** As it would be stored, with its defaults; a plug-in may change it. For DELETE: what is stored. */
  readonly object: KubeObject;
  readonly store: Pick<Store, 'get' | 'list'>;
  readonly random: RandomState;
  /** Asks the program behind a webhook; absent while there is none. */
  readonly callWebhook?: CallWebhook | undefined;
}

/** One plug-in of the API server's admission chain. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Changes the object in place, or says why it may not be. */
  admit(request: AdmissionRequest): Status | undefined;
}
