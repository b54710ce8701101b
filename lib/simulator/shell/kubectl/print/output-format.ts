import type { KubeObject } from '../../../api/meta/object.ts';
import { alignTabs, TABLE_TABS } from './tab-writer.ts';
import { emitJson } from './emit-json.ts';
import { emitYaml } from './emit-yaml.ts';
import { findValues, parseJsonPath, relaxPath, renderJsonPath } from './jsonpath.ts';

/** `-o`, read. Tables are printed elsewhere. */
export type OutputFormat =
  | { readonly type: 'table'; readonly isWide: boolean }
  | { readonly type: 'yaml' | 'json' | 'name'; readonly managers?: 'shown' }
  | { readonly type: 'jsonpath'; readonly template: string }
  | { readonly type: 'custom-columns'; readonly spec: string; readonly hasHeaders: boolean };

const FORMATS =
  'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml';
/** What commands allow that print what they made and know no tables. */
const OBJECT_FORMATS =
  'go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml';

/** Reads `-o`; gives the format or kubectl's complaint. */
export function parseOutputFormat(
  text: string | undefined,
  use: 'tables' | 'objects',
): OutputFormat | string {
  if (text === undefined || text === '') return { type: 'table', isWide: false };
  const [name = '', argument] = text.split(/=(.*)/s);
  switch (name) {
    case 'yaml':
    case 'json':
    case 'name':
      return { type: name };
    case 'wide':
      if (use === 'tables') return { type: 'table', isWide: true };
      break;
    case 'jsonpath':
      return argument
        ? { type: 'jsonpath', template: argument }
        : 'template format specified but no template given';
    case 'custom-columns':
      if (use === 'tables') {
        return argument
          ? { type: 'custom-columns', spec: argument, hasHeaders: true }
          : 'custom-columns format specified but no custom columns given';
      }
      break;
    case 'go-template':
    case 'template':
    case 'kyaml':
    case 'jsonpath-as-json':
      return `output format ${JSON.stringify(name)} is not available in this terminal`;
    default:
      break;
  }
  const formats = use === 'tables' ? FORMATS : OBJECT_FORMATS;
  return `unable to match a printer suitable for the output format ${JSON.stringify(text)}, allowed formats are: ${formats}`;
}

export type Printed =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

const printed = (text: string): Printed => ({ ok: true, text });

/** Objects in the columns that somebody made up. */
function printColumns(items: readonly KubeObject[], spec: string, hasHeaders: boolean): Printed {
  const columns: { header: string; path: string }[] = [];
  for (const part of spec.split(',')) {
    const [header, path] = part.split(/:(.*)/s);
    if (!header || !path) {
      return {
        ok: false,
        message: `unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`,
      };
    }
    columns.push({ header, path: relaxPath(path) });
  }
  const templates = columns.map(({ path }) => parseJsonPath(path));
  const bad = templates.find((template) => !template.ok);
  if (bad && !bad.ok) return { ok: false, message: bad.message };
  const rows = items.map((item) =>
    templates.map((template) => {
      const values = template.ok ? findValues(template.nodes, item) : [];
      return values.length === 0 ? '<none>' : values.map(formatCell).join(',');
    }),
  );
  const lines = hasHeaders ? [columns.map(({ header }) => header), ...rows] : rows;
  return printed(alignTabs(lines.map((row) => `${row.join('\t')}\n`).join(''), TABLE_TABS));
}

/** As Go's `%v` shows a value. */
function formatCell(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(formatCell).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, inner]) => `${key}:${formatCell(inner)}`).join(' ')}]`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Managed {
  readonly metadata?: { readonly managedFields?: unknown };
  readonly items?: readonly unknown[];
}

/** YAML and JSON leave out who manages which field, unless asked. */
function withoutManagers(value: unknown): unknown {
  const { metadata, items } = (value ?? {}) as Managed;
  const { managedFields, ...kept } = metadata ?? {};
  if (managedFields === undefined && !Array.isArray(items)) return value;
  return {
    ...(value as object),
    ...(metadata ? { metadata: kept } : {}),
    ...(Array.isArray(items) ? { items: items.map(withoutManagers) } : {}),
  };
}

/** `value`: what was asked for; `items`: the objects in it. */
export function printValue(
  format: Exclude<OutputFormat, { type: 'table' }>,
  value: unknown,
  items: readonly KubeObject[],
  nameOf: (object: KubeObject) => string,
): Printed {
  switch (format.type) {
    case 'yaml':
      return printed(emitYaml(format.managers === 'shown' ? value : withoutManagers(value)));
    case 'json':
      return printed(emitJson(format.managers === 'shown' ? value : withoutManagers(value)));
    case 'name':
      return printed(items.map((item) => `${nameOf(item)}\n`).join(''));
    case 'jsonpath': {
      const template = parseJsonPath(format.template);
      return template.ok
        ? printed(renderJsonPath(template.nodes, value))
        : {
            ok: false,
            message: `error parsing jsonpath ${format.template}, ${template.message}`,
          };
    }
    case 'custom-columns':
      return printColumns(items, format.spec, format.hasHeaders);
  }
}
