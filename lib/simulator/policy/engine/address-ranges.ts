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

interface Family {
  /** Where ranges begin; the first is 0. */
  readonly starts: readonly Value[];
  /** Of each range the class of its addresses. */
  readonly classes: readonly AddressClass[];
}

/** Addresses that are in the same sets. */
export interface AddressClass {
  readonly id: number;
  readonly sets: readonly number[];
}

/** A set of addresses: prefixes, and prefixes that are left out of them. */
export interface AddressSet {
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

/** The last of `starts` that is not beyond `value`. */
function indexOf(starts: readonly Value[], value: Value): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Which sets of addresses an address is in: all addresses of both families, cut where some prefix begins or ends. */
export class AddressRanges {
  private readonly classes = new Map<string, AddressClass>();
  private readonly families: Readonly<Record<IpVersion, Family>>;
  /** Of texts that are no address: pods that have none yet. */
  readonly none: AddressClass;

  constructor(sets: readonly AddressSet[]) {
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

  private cut(sets: readonly AddressSet[], version: IpVersion): Family {
    const blocksOf = (cidrs: readonly string[]) =>
      cidrs.map(blockOf).filter((block) => block?.version === version) as Block[];
    const inside = sets.map(({ id, cidrs, except }) => ({
      id,
      blocks: blocksOf(cidrs),
      holes: blocksOf(except),
    }));
    const zero = version === 4 ? 0 : 0n;
    const edges = inside
      .flatMap(({ blocks, holes }) => [...blocks, ...holes])
      .flatMap(({ first, end }) => [first, end]);
    const starts = [...new Set([zero, ...edges])].sort(byValue);
    const found: number[][] = starts.map(() => []);
    for (const { id, blocks, holes } of inside) {
      for (const { first, end } of blocks) {
        for (let i = indexOf(starts, first); i < starts.length && (starts[i] ?? end) < end; i++) {
          const start = starts[i] ?? first;
          const isHole = holes.some((hole) => start >= hole.first && start < hole.end);
          if (!isHole && found[i]?.at(-1) !== id) found[i]?.push(id);
        }
      }
    }
    return { starts, classes: found.map((ids) => this.classOf(ids)) };
  }

  /** The class of an address. */
  of(address: string): AddressClass {
    const number = ipv4Number(address);
    const value = number ?? parseIp(address)?.value;
    if (value === undefined) return this.none;
    const { starts, classes } = this.families[number === undefined ? 6 : 4];
    return classes[indexOf(starts, value)] ?? this.none;
  }

  /** All addresses of a family in ranges that are cut where the answer may change; neighbours of one class are one range. */
  list(version: IpVersion): readonly (AddressRange & { readonly class: AddressClass })[] {
    const { starts, classes } = this.families[version];
    const text = (value: Value) => formatIp({ version, value: BigInt(value) });
    const end = 1n << BigInt(BITS[version]);
    return starts
      .map((start, i) => ({ start: BigInt(start), class: classes[i] ?? this.none }))
      .filter((range, i) => range.start < end && range.class !== classes[i - 1])
      .map((range, i, all) => ({
        first: text(range.start),
        last: text((all[i + 1]?.start ?? end) - 1n),
        class: range.class,
      }));
  }
}
