import {
  addressRange,
  allocateAddress,
  type AddressRange,
  type AddressReservations,
} from '../node/cni/host-local.ts';
import { Tally, type Suite } from './suite.ts';

/** One request to the allocator of host-local, as the table has it. */
interface AllocationCase {
  readonly context: readonly string[];
  readonly subnets: readonly string[];
  readonly reserved: Readonly<Record<string, string>>;
  readonly lastReserved: string | null;
  /** The address that must be given, or `ERROR`. */
  readonly expect: string;
}

/** The requests come from a container that holds nothing yet. */
const REQUESTER = 'ID eth0';

function answer({ subnets, reserved, lastReserved }: AllocationCase): string {
  const ranges: AddressRange[] = [];
  for (const subnet of subnets) {
    const made = addressRange({ subnet });
    if (!made.ok) return made.message;
    ranges.push(made.range);
  }
  const reservations: AddressReservations = {
    reserved: { ...reserved },
    ...(lastReserved === null ? {} : { lastReserved }),
  };
  const given = allocateAddress(ranges, reservations, REQUESTER);
  return given.ok ? given.address : 'ERROR';
}

/** host-local's allocator tests: which address a request gets. */
export const cniHostlocalIpam: Suite = {
  name: 'cni_hostlocal_ipam',
  unit: 'allocation',
  run(file) {
    const tally = new Tally();
    const { cases } = file as { cases: readonly AllocationCase[] };
    for (const each of cases) {
      const probe = `${each.subnets.join(' ')} after ${each.lastReserved ?? 'nothing'}, ${Object.keys(each.reserved).length} taken`;
      tally.compare({ case: each.context.join(', '), probe }, each.expect, answer(each));
    }
    return tally.result();
  },
};
