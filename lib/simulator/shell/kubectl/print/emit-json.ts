const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};

const HTML: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** As Go's encoder writes a map: sorted keys, and the characters escaped that HTML would mistake. */
export const goJson = (value: unknown, indent?: number): string =>
  JSON.stringify(sorted(value), undefined, indent).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => HTML[char] ?? char,
  );

/** A document as `-o json` prints it. */
export const emitJson = (value: unknown): string => `${goJson(value, 4)}\n`;
