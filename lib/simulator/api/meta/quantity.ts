const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number a quantity stands for (`500m` is 0.5, `1Ki` 1024), or undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([a-zA-Z]{0,2}))$/.exec(text);
  if (!match) return undefined;
  const factor = SUFFIXES[match[3] ?? ''];
  return factor === undefined ? undefined : Number(`${match[1]}${match[2] ?? ''}`) * factor;
}

/** A number as a quantity: `500m`, `128Mi`, `0`. */
export function formatQuantity(value: number, base: 'decimal' | 'binary'): string {
  if (value === 0) return '0';
  if (base === 'decimal') {
    return Number.isInteger(value) ? String(value) : `${Math.ceil(value * 1000)}m`;
  }
  for (const suffix of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
    const unit = SUFFIXES[suffix] ?? 1;
    if (value >= unit && value % unit === 0) return `${value / unit}${suffix}`;
  }
  return String(Math.ceil(value));
}
