/** Why iptables refuses something, in its own words. `versioned`: the tool puts its name and version before them. */
export interface ParseProblem {
  readonly message: string;
  readonly style: 'versioned' | 'bare';
}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: ParseProblem };

export const refuse = (
  message: string,
  style: ParseProblem['style'] = 'versioned',
): { ok: false; problem: ParseProblem } => ({
  ok: false,
  problem: { message, style },
});

export const accept = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
