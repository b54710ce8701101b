import { parseCidr } from '../../base/cidr.ts';
import { formatIp, parseIp, type IpVersion } from '../../base/ip.ts';

/** Addresses that a rule names: all of `cidrs` but those of `except`. */
export interface AddressBlock {
  readonly cidrs: readonly string[];
  readonly except: readonly string[];
}

/** Addresses that are in the same blocks. */
export interface AddressClass {
  readonly family: IpVersion;
  /** Inclusive, in order, apart from one another. */
  readonly ranges: readonly AddressRange[];
  /** Indices of the blocks, in order. */
  readonly blocks: readonly number[];
}

export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** The address space of one family, cut where blocks begin and end. */
interface CutSpace {
  /** Where each piece begins, in order; the first at 0. */
  readonly starts: readonly bigint[];
  /** Index in `classes` of each piece. */
  readonly classes: readonly number[];
}

export interface AddressClasses {
  readonly classes: readonly AddressClass[];
  readonly spaces: Readonly<Record<IpVersion, CutSpace>>;
}

/** From here on a block holds, or an exception does, or does no more. */
interface Edge {
  readonly at: bigint;
  readonly block: number;
  readonly part: 'cidrs' | 'except';
  readonly by: 1 | -1;
}

const sizeOf = (family: IpVersion) => 1n << (family === 4 ? 32n : 128n);

function edgesOf(blocks: readonly AddressBlock[], family: IpVersion): Edge[] {
  const edges = blocks.flatMap((block, index) =>
    (['cidrs', 'except'] as const).flatMap((part) =>
      block[part].flatMap((text): Edge[] => {
        const cidr = parseCidr(text);
        if (cidr?.version !== family) return [];
        const shift = BigInt((family === 4 ? 32 : 128) - cidr.prefix);
        const first = (cidr.value >> shift) << shift;
        return [
          { at: first, block: index, part, by: 1 },
          { at: first + (1n << shift), block: index, part, by: -1 },
        ];
      }),
    ),
  );
  return edges.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** How many of a block's ranges, and of its exceptions, are open at some place. */
type OpenBlocks = Map<number, { cidrs: number; except: number }>;

function openOrShut(open: OpenBlocks, { block, part, by }: Edge): void {
  const counts = open.get(block) ?? { cidrs: 0, except: 0 };
  counts[part] += by;
  if (counts.cidrs === 0 && counts.except === 0) open.delete(block);
  else open.set(block, counts);
}

const blocksIn = (open: OpenBlocks): number[] =>
  [...open]
    .flatMap(([block, { cidrs, except }]) => (cidrs > 0 && except === 0 ? [block] : []))
    .sort((a, b) => a - b);

interface Piece {
  readonly start: bigint;
  readonly blocks: readonly number[];
}

/** Pieces of a family's addresses, in order, of which neighbours are in different blocks. */
function piecesOf(blocks: readonly AddressBlock[], family: IpVersion): Piece[] {
  const edges = edgesOf(blocks, family);
  const open: OpenBlocks = new Map();
  const pieces: Piece[] = [];
  let next = 0;
  for (let start = 0n; start < sizeOf(family);) {
    for (let edge = edges[next]; edge && edge.at === start; edge = edges[++next])
      openOrShut(open, edge);
    const inside = blocksIn(open);
    if (pieces.at(-1)?.blocks.join() !== inside.join()) pieces.push({ start, blocks: inside });
    start = edges[next]?.at ?? sizeOf(family);
  }
  return pieces;
}

/** Sorts all addresses of both families by the blocks that they are in. There is a class for what is in none. */
export function classifyAddresses(blocks: readonly AddressBlock[]): AddressClasses {
  const classes: { family: IpVersion; ranges: AddressRange[]; blocks: readonly number[] }[] = [];
  const spaceOf = (family: IpVersion): CutSpace => {
    const known = new Map<string, number>();
    const pieces = piecesOf(blocks, family);
    const numbers = pieces.map(({ start, blocks: inside }, index) => {
      const number = known.get(inside.join()) ?? classes.length;
      if (number === classes.length) classes.push({ family, ranges: [], blocks: inside });
      known.set(inside.join(), number);
      const end = (pieces[index + 1]?.start ?? sizeOf(family)) - 1n;
      classes[number]?.ranges.push({
        first: formatIp({ version: family, value: start }),
        last: formatIp({ version: family, value: end }),
      });
      return number;
    });
    return { starts: pieces.map(({ start }) => start), classes: numbers };
  };
  const spaces = { 4: spaceOf(4), 6: spaceOf(6) };
  return { classes, spaces };
}

/** Index of an address's class; undefined for what is no address. */
export function classOfAddress({ spaces }: AddressClasses, address: string): number | undefined {
  const ip = parseIp(address);
  if (!ip) return undefined;
  const { starts, classes } = spaces[ip.version];
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0n) <= ip.value) low = middle;
    else high = middle - 1;
  }
  return classes[low];
}

/** `10.0.0.0/8`, or `192.0.2.1-192.0.2.9` where the range is no prefix. */
export function textOfRange({ first, last }: AddressRange): string {
  const [from, to] = [parseIp(first), parseIp(last)];
  if (!from || !to) return `${first}-${last}`;
  const size = to.value - from.value + 1n;
  const bits = size.toString(2).length - 1;
  const isPrefix = size === 1n << BigInt(bits) && from.value % size === 0n;
  return isPrefix ? `${first}/${(from.version === 4 ? 32 : 128) - bits}` : `${first}-${last}`;
}
