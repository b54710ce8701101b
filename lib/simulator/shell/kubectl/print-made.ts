import type { KubeObject } from '../../api/meta/object.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import { fail, valueOf, type Call } from './call.ts';
import { parseOutputFormat, printValue } from './print/output-format.ts';
import { formatTarget } from './resources.ts';

/** `--dry-run`, read: whether and where a command only pretends. */
export type DryRun = 'none' | 'client' | 'server';

export function dryRunOf(call: Call): DryRun | undefined {
  const value = valueOf(call, 'dry-run') ?? 'none';
  switch (value) {
    case 'none':
    case 'false':
      return 'none';
    case 'client':
    case 'unchanged':
    case 'true':
      return 'client';
    case 'server':
      return 'server';
    default:
      fail(call, `Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
      return undefined;
  }
}

const SUFFIX: Readonly<Record<DryRun, string>> = {
  none: '',
  client: ' (dry run)',
  server: ' (server dry run)',
};

export interface Made {
  readonly kind: KindDescription;
  readonly object: KubeObject;
  /** `created`, `configured`. */
  readonly verb: string;
}

/** Says what was done to each object, or prints the objects when `-o` asks for them. */
export function printMade(call: Call, made: readonly Made[], dryRun: DryRun): void {
  if (made.length === 0) return;
  const format = parseOutputFormat(valueOf(call, 'output'), 'objects');
  if (typeof format === 'string') {
    fail(call, format);
    return;
  }
  if (format.type === 'table') {
    for (const { kind, object, verb } of made) {
      call.stdout += `${formatTarget(kind, object.metadata.name)} ${verb}${SUFFIX[dryRun]}\n`;
    }
    return;
  }
  const items = made.map(({ object }) => object);
  const value =
    items.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', metadata: {}, items };
  const kindOf = (object: KubeObject) => made.find((entry) => entry.object === object)!.kind;
  const result = printValue(format, value, items, (object) =>
    formatTarget(kindOf(object), object.metadata.name),
  );
  if (result.ok) call.stdout += result.text;
  else fail(call, result.message);
}
