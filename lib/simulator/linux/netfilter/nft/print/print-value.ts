import type { NftValueType } from '../model.ts';
import { serviceName } from '../../service-names.ts';
import { SYMBOLS } from '../symbols.ts';
import { JOINT } from '../value.ts';
import { formatMark, quote, type NftStyle } from './style.ts';

function printMarks(text: string, style: NftStyle): string {
  const parts = text.split('-');
  return parts.every((part) => /^(0x[0-9a-f]+|\d+)$/.test(part))
    ? parts.map((part) => formatMark(Number(part), style)).join('-')
    : text;
}

/** Values of which each name is a bit: they are numbers in hex. */
const FLAGS: ReadonlySet<NftValueType> = new Set(['ct_state', 'ct_status', 'tcp_flag']);

function printNumber(type: NftValueType, text: string): string {
  const number = SYMBOLS[type]?.[text];
  if (number === undefined) return text;
  return FLAGS.has(type) ? `0x${number.toString(16)}` : String(number);
}

/** `"http"`, where /etc/services has a name. */
function printService(text: string): string {
  const name = serviceName(Number(text));
  return name === undefined ? text : quote(name);
}

/** One value as nft writes it. */
export function printValue(type: NftValueType, text: string, style: NftStyle): string {
  if (type === 'mark') return printMarks(text, style);
  if (type === 'ifname') return quote(text);
  if (style === 'services' && type === 'inet_service') return printService(text);
  const isNumeric = style === 'numeric' || (style === 'protocols' && type === 'inet_proto');
  return isNumeric ? printNumber(type, text) : text;
}

/** A key of one or more values. */
export function printKey(types: readonly NftValueType[], key: string, style: NftStyle): string {
  if (types.length === 1) return printValue(types[0] ?? 'integer', key, style);
  return key
    .split(JOINT)
    .map((part, i) => printValue(types[i] ?? 'integer', part, style))
    .join(JOINT);
}
