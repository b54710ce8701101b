import type { NftValueType } from '../model.ts';
import { JOINT } from '../value.ts';
import { formatMark, quote, type NftStyle } from './style.ts';

function printMarks(text: string, style: NftStyle): string {
  const parts = text.split('-');
  return parts.every((part) => /^(0x[0-9a-f]+|\d+)$/.test(part))
    ? parts.map((part) => formatMark(Number(part), style)).join('-')
    : text;
}

/** One value as nft writes it. */
export function printValue(type: NftValueType, text: string, style: NftStyle): string {
  if (type === 'mark') return printMarks(text, style);
  return type === 'ifname' ? quote(text) : text;
}

/** A key of one or more values. */
export function printKey(types: readonly NftValueType[], key: string, style: NftStyle): string {
  if (types.length === 1) return printValue(types[0] ?? 'integer', key, style);
  return key
    .split(JOINT)
    .map((part, i) => printValue(types[i] ?? 'integer', part, style))
    .join(JOINT);
}
