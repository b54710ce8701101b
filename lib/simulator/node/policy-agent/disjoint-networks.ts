import { parseCidr } from '../../base/cidr.ts';
import { formatIp, type IpVersion } from '../../base/ip.ts';

const WIDTH = { 4: 32, 6: 128 } as const;

/** First and last address, as numbers. */
interface Span {
  first: bigint;
  last: bigint;
}

/** In order, apart from one another. */
function spansOf(cidrs: readonly string[], version: IpVersion): Span[] {
  const spans = cidrs.flatMap((text): Span[] => {
    const cidr = parseCidr(text);
    if (cidr?.version !== version) return [];
    const rest = BigInt(WIDTH[version] - cidr.prefix);
    const first = (cidr.value >> rest) << rest;
    return [{ first, last: first + (1n << rest) - 1n }];
  });
  spans.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: Span[] = [];
  for (const span of spans) {
    const before = merged.at(-1);
    if (!before || span.first > before.last + 1n) merged.push({ ...span });
    else if (span.last > before.last) before.last = span.last;
  }
  return merged;
}

/** What is left of the spans; both lists in order. */
function without(spans: readonly Span[], except: readonly Span[]): Span[] {
  const left: Span[] = [];
  let next = 0;
  for (const { first, last } of spans) {
    let from = first;
    while (next < except.length && except[next]!.last < from) next += 1;
    for (let at = next; at < except.length && except[at]!.first <= last; at++) {
      const hole = except[at]!;
      if (hole.first > from) left.push({ first: from, last: hole.first - 1n });
      from = hole.last + 1n;
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
}

/** The largest networks that make up a span. A set of networks takes no prefix of length 0 (ipset(8), hash:net). */
function networksOf({ first, last }: Span, version: IpVersion): string[] {
  const networks: string[] = [];
  let from = first;
  while (from <= last) {
    let bits = 0;
    while (
      bits < WIDTH[version] - 1 &&
      (from >> BigInt(bits)) % 2n === 0n &&
      from + (2n << BigInt(bits)) - 1n <= last
    )
      bits += 1;
    networks.push(`${formatIp({ version, value: from })}/${WIDTH[version] - bits}`);
    from += 1n << BigInt(bits);
  }
  return networks;
}

/** Networks without some parts of them. */
export interface NetworkBlock {
  readonly cidrs: readonly string[];
  readonly except: readonly string[];
}

/**
 * The addresses that are in any of the blocks, as the fewest networks that do not overlap, in order, none of length 0. Texts
 * that are no prefixes are left out.
 */
export function disjointNetworks(blocks: readonly NetworkBlock[]): readonly string[] {
  return ([4, 6] as const).flatMap((version) => {
    const pieces = blocks.flatMap(({ cidrs, except }) =>
      without(spansOf(cidrs, version), spansOf(except, version)).flatMap((span) =>
        networksOf(span, version),
      ),
    );
    // One block's hole may be in another block.
    return blocks.length === 1
      ? pieces
      : spansOf(pieces, version).flatMap((span) => networksOf(span, version));
  });
}
