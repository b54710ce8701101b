/** What an attribute of a palette element may hold. Attributes are literal strings, or stand alone as flags. */
type AttributeRule = 'text' | 'slug' | 'flag' | readonly string[];

/**
 * The elements that authors may use in MDX, with their attributes. components/mdx has a component for each name; the
 * allow-list refuses every other.
 */
export const MDX_PALETTE = {
  /** A stretch of prose beside one figure, which stays in view while it is read. */
  Scene: {},
  /** A live figure: the simulator sends the request and shows every hop; with `after`, once that question is answered. */
  Figure: { scenario: 'slug', from: 'text', url: 'text', title: 'text', after: 'slug' },
  /**
   * A table of who reaches whom by policies, in a scenario; of one workload with `focus` (shop/catalog), of some namespaces
   * (shop,guest), at one port (TCP 8080). With `after`, once that question is answered.
   */
  Reachability: {
    scenario: 'slug',
    title: 'text',
    focus: 'text',
    namespaces: 'text',
    port: 'text',
    after: 'slug',
  },
  /** A sentence that the simulator decides; content:check fails when it is not so. */
  Claim: { scenario: 'slug', from: 'text', url: 'text', observe: 'text', equals: 'text' },
  /** A question of questions.yaml, by id. */
  Question: { id: 'slug', purpose: ['predict', 'check', 'faded'] },
  Callout: { kind: ['say', 'believed', 'simplified', 'since'], title: 'text' },
  /** A worked example: steps with reasons. */
  Worked: { title: 'text' },
  /** A word of the glossary. */
  Term: { name: 'slug' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, AttributeRule>>>>;

export type PaletteElement = keyof typeof MDX_PALETTE;

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export function isPaletteElement(name: string): name is PaletteElement {
  return Object.hasOwn(MDX_PALETTE, name);
}

/** Why this attribute may not stand there; undefined when it may. A value of null is an attribute without a value. */
export function findAttributeProblem(
  element: PaletteElement,
  attribute: string,
  value: string | null,
): string | undefined {
  const rules: Readonly<Record<string, AttributeRule>> = MDX_PALETTE[element];
  const rule = Object.hasOwn(rules, attribute) ? rules[attribute] : undefined;
  if (rule === undefined) return `<${element}> has no attribute ${attribute}`;
  if (rule === 'flag') return value === null ? undefined : `${attribute} stands alone`;
  if (value === null || value === '') return `${attribute} needs a value`;
  if (value.length > 300) return `${attribute} is longer than 300 characters`;
  if (rule === 'slug') return SLUG.test(value) ? undefined : `${attribute} is a slug`;
  if (rule === 'text') return undefined;
  return rule.includes(value) ? undefined : `${attribute} is one of ${rule.join(', ')}`;
}
