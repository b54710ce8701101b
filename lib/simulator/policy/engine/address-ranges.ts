import { parseCidr } from '../../base/cidr.ts';
import { formatIp, ipv4Number, parseIp, type IpVersion } from '../../base/ip.ts';

/** Addresses that policies treat alike, from one to the next. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** A value of an address: a number of IPv4, which is quicker, a bigint of IPv6. */
type Value = number | bigint;

interface Block {
  readonly version: IpVersion;
  readonly first: Value;
  /** One beyond the last. */
  readonly end: Value;
}

/** Ranges by their numbers: from `starts[i]` up to before `ends[i]`, in order and apart. */
interface Runs {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

interface Family {
  /** Where ranges begin; the first is 0. */
  readonly starts: readonly Value[];
  /** The ranges that each set has, and those of them that are left out. */
  readonly sets: readonly { readonly id: number; readonly inside: Runs; readonly left: Runs }[];
  /** The class of each range, once somebody has asked for it. */
  readonly classes: (AddressClass | undefined)[];
}

/** Addresses that are in the same sets. */
export interface AddressClass {
  readonly id: number;
  readonly sets: readonly number[];
}

/** Blocks of addresses as a peer has them: prefixes, and prefixes that are left out of them. */
export interface AddressBlocks {
  readonly id: number;
  readonly cidrs: readonly string[];
  readonly except: readonly string[];
}

const BITS = { 4: 32, 6: 128 } as const;

/** The addresses of a prefix; undefined when the text is none, which finds nobody. */
function blockOf(cidr: string): Block | undefined {
  const parsed = parseCidr(cidr);
  if (!parsed) return undefined;
  const { version, value, prefix } = parsed;
  const shift = BigInt(BITS[version] - prefix);
  const first = (value >> shift) << shift;
  const end = first + (1n << shift);
  return version === 4
    ? { version, first: Number(first), end: Number(end) }
    : { version, first, end };
}

const byValue = (a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0);

/** The last of `starts` that is not beyond `value`; -1 when all are. */
function indexOf(starts: readonly Value[], value: Value): number {
  let low = -1;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

const isInside = ({ starts, ends }: Runs, range: number) =>
  (ends[indexOf(starts, range)] ?? 0) > range;

/** Blocks as numbers of ranges; those that overlap are joined. */
function joinBlocks(blocks: readonly Block[], edges: readonly Value[]): Runs {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { first, end } of blocks.toSorted((a, b) => byValue(a.first, b.first))) {
    const [from, to] = [indexOf(edges, first), indexOf(edges, end)];
    const last = ends.at(-1) ?? -1;
    if (from > last) {
      starts.push(from);
      ends.push(to);
    } else if (to > last) ends[ends.length - 1] = to;
  }
  return { starts, ends };
}

/** Which sets of addresses an address is in: all addresses of both families, cut where some prefix begins or ends. */
export class AddressRanges {
  private readonly classes = new Map<string, AddressClass>();
  private readonly families: Readonly<Record<IpVersion, Family>>;
  /** Of texts that are no address: pods that have none yet. */
  readonly none: AddressClass;

  constructor(sets: readonly AddressBlocks[]) {
    this.none = this.classOf([]);
    this.families = { 4: this.cut(sets, 4), 6: this.cut(sets, 6) };
  }

  private classOf(sets: readonly number[]): AddressClass {
    const key = sets.join();
    const known = this.classes.get(key);
    if (known) return known;
    const made = { id: this.classes.size, sets };
    this.classes.set(key, made);
    return made;
  }

  private cut(sets: readonly AddressBlocks[], version: IpVersion): Family {
    const blocksOf = (cidrs: readonly string[]) =>
      cidrs.map(blockOf).filter((block) => block?.version === version) as Block[];
    const cut = sets.map(({ id, cidrs, except }) => ({
      id,
      blocks: blocksOf(cidrs),
      holes: blocksOf(except),
    }));
    const edges = new Set<Value>([version === 4 ? 0 : 0n]);
    for (const { blocks, holes } of cut) {
      for (const { first, end } of [...blocks, ...holes]) edges.add(first).add(end);
    }
    const starts = [...edges].sort(byValue);
    return {
      starts,
      sets: cut
        .filter(({ blocks }) => blocks.length > 0)
        .map(({ id, blocks, holes }) => ({
          id,
          inside: joinBlocks(blocks, starts),
          left: joinBlocks(holes, starts),
        })),
      classes: [],
    };
  }

  private classAt({ sets, classes }: Family, range: number): AddressClass {
    const known = classes[range];
    if (known) return known;
    const found = sets.filter(
      ({ inside, left }) => isInside(inside, range) && !isInside(left, range),
    );
    const made = this.classOf(found.map(({ id }) => id));
    classes[range] = made;
    return made;
  }

  /** The class of an address. */
  of(address: string): AddressClass {
    const number = ipv4Number(address);
    const value = number ?? parseIp(address)?.value;
    if (value === undefined) return this.none;
    const family = this.families[number === undefined ? 6 : 4];
    return this.classAt(family, indexOf(family.starts, value));
  }

  /** All addresses of a family in ranges that are cut where the answer may change; neighbours of one class are one range. */
  list(version: IpVersion): readonly (AddressRange & { readonly class: AddressClass })[] {
    const family = this.families[version];
    const text = (value: Value) => formatIp({ version, value: BigInt(value) });
    const end = 1n << BigInt(BITS[version]);
    return family.starts
      .map((start, i) => ({ start: BigInt(start), class: this.classAt(family, i) }))
      .filter(({ start }) => start < end)
      .filter((range, i, all) => range.class !== all[i - 1]?.class)
      .map((range, i, all) => ({
        first: text(range.start),
        last: text((all[i + 1]?.start ?? end) - 1n),
        class: range.class,
      }));
  }
}
