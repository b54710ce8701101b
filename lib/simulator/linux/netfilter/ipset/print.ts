import { SECOND, type Micros } from '../../../base/clock.ts';
import type { Ipset, IpsetElement } from './ipset.ts';
import { isAlive } from './look-up.ts';

/** What stands behind the type: `family inet hashsize 1024 maxelem 65536`. */
export function headerText(set: Ipset): string {
  const options =
    set.type === 'bitmap:port'
      ? `range ${(set.range ?? [0, 65_535]).join('-')}`
      : set.type === 'list:set'
        ? `size ${set.maxElements}`
        : `family ${set.family} hashsize ${set.hashSize} maxelem ${set.maxElements}`;
  return [
    options,
    set.timeout !== undefined && `timeout ${set.timeout}`,
    set.hasComments && 'comment',
    set.type.startsWith('hash') && 'bucketsize 12 initval 0x00000000',
  ]
    .filter(Boolean)
    .join(' ');
}

function elementText(set: Ipset, key: string, element: IpsetElement, now: Micros): string {
  const left = element.expiresAt === undefined ? 0 : Math.floor((element.expiresAt - now) / SECOND);
  return [
    key,
    set.timeout !== undefined && `timeout ${left}`,
    element.isException && 'nomatch',
    element.comment !== undefined && `comment "${element.comment}"`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The elements that are still there, as `save` and `list` print them. */
export const elementTexts = (set: Ipset, now: Micros) =>
  Object.entries(set.elements)
    .filter(([, element]) => isAlive(element, now))
    .map(([key, element]) => elementText(set, key, element, now));

/** `ipset save`: what `ipset restore` reads. Sets of sets come last, for they need the others. Simplified: initval is 0. */
export function saveIpsets(sets: readonly Ipset[], now: Micros): string {
  const isList = ({ type }: Ipset) => Number(type === 'list:set');
  return [...sets]
    .sort((a, b) => isList(a) - isList(b))
    .flatMap((set) => [
      `create ${set.name} ${set.type} ${headerText(set)}\n`,
      ...elementTexts(set, now).map((text) => `add ${set.name} ${text}\n`),
    ])
    .join('');
}

const REVISIONS: Readonly<Record<Ipset['type'], number>> = {
  'hash:ip': 6,
  'hash:net': 7,
  'hash:ip,port': 7,
  'hash:ip,port,net': 8,
  'bitmap:port': 3,
  'list:set': 3,
};

/** `ipset list`. Simplified: sizes in memory are about what the kernel says, not to the byte. */
export function listIpset(set: Ipset, references: number, now: Micros): string {
  const members = elementTexts(set, now);
  return [
    `Name: ${set.name}`,
    `Type: ${set.type}`,
    `Revision: ${REVISIONS[set.type]}`,
    `Header: ${headerText(set)}`,
    `Size in memory: ${200 + 48 * members.length}`,
    `References: ${references}`,
    `Number of entries: ${members.length}`,
    'Members:',
    ...members,
  ]
    .map((line) => `${line}\n`)
    .join('');
}
