export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export type ParsedFieldSelector =
  | { readonly ok: true; readonly requirements: readonly FieldRequirement[] }
  | { readonly ok: false; readonly message: string };

/** Splits at commas that no backslash escapes (apimachinery pkg/fields `splitTerms`). */
function splitTerms(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/g) ?? []).filter((term) => term !== '');
}

/** Parses `metadata.name=x,spec.nodeName!=y` (apimachinery pkg/fields `ParseSelector`). */
export function parseFieldSelector(text: string): ParsedFieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    const match = /^(.*?)(!=|==|=)(.*)$/.exec(term);
    if (!match) {
      return {
        ok: false,
        message: `invalid selector: '${text}'; can't understand '${term}'`,
      };
    }
    requirements.push({
      field: match[1] ?? '',
      operator: match[2] === '!=' ? '!=' : '=',
      value: (match[3] ?? '').replaceAll(/\\(.)/g, '$1'),
    });
  }
  return { ok: true, requirements };
}
