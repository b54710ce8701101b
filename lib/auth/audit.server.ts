import 'server-only';
import type { Transaction } from '#lib/db/client.server.ts';

export interface Act {
  /** null when the machine itself acts */
  readonly actorId: string | null;
  readonly action: string;
  /** `user:<id>`, `link:<id>`: ids only, never a name or an address */
  readonly resource: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes down what was done, inside the transaction of the act: both stand, or neither. */
export async function recordAct(tx: Transaction, act: Act): Promise<void> {
  await tx.auditEntry.create({
    data: {
      actorId: act.actorId,
      action: act.action,
      resource: act.resource,
      detail: act.detail ?? {},
    },
  });
}
