/**
 * `list` is what `nft list ruleset` 1.0.6 writes, `numeric`, `protocols` and `services` what it writes with -n, -p and
 * -S; `script` is what programs write into `nft -f`, in the spelling of kube-proxy: `mark and 0x4000 == 0`, priorities
 * as numbers, seconds.
 */
export type NftStyle = 'list' | 'numeric' | 'protocols' | 'services' | 'script';

/** `0x00004000`, or `0x4000`. */
export function formatMark(value: number, style: NftStyle): string {
  const hex = (value >>> 0).toString(16);
  if (style !== 'script') return `0x${hex.padStart(8, '0')}`;
  return value === 0 ? '0' : `0x${hex}`;
}

/** Seconds as nft lists them: `3h`, `1h30s`. */
export function formatSeconds(seconds: number, style: NftStyle): string {
  if (style === 'script' || style === 'numeric') return `${seconds}s`;
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ] as const;
  let rest = seconds;
  let text = '';
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

export const quote = (text: string) => `"${text}"`;
