import { cidrBounds, cidrContains } from '../../base/cidr.ts';

/** Whether all addresses of `inner` are in `outer`. False when one of them is no prefix, or they are of two families. */
export function isInside(inner: string, outer: string): boolean {
  const bounds = cidrBounds(inner);
  return (
    bounds !== undefined && cidrContains(outer, bounds.first) && cidrContains(outer, bounds.last)
  );
}
