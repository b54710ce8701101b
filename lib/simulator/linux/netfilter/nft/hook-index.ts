import type { Transaction } from './transaction.ts';
import type { NftHookEntry, NftRuleset, NftTable } from './model.ts';

function entriesOf(key: string, table: NftTable): { hook: string; entry: NftHookEntry }[] {
  if (table.isDormant) return [];
  return Object.values(table.chains).flatMap(({ name, base }) =>
    base
      ? [
          {
            hook: base.hook,
            entry: { table: key, chain: name, priority: base.priority, type: base.type },
          },
        ]
      : [],
  );
}

function computeHooks(ruleset: NftRuleset): NftRuleset['hooks'] {
  const hooks: Record<string, NftHookEntry[]> = {};
  for (const [key, table] of Object.entries(ruleset.tables)) {
    for (const { hook, entry } of entriesOf(key, table)) (hooks[hook] ??= []).push(entry);
  }
  for (const entries of Object.values(hooks)) entries.sort((a, b) => a.priority - b.priority);
  return hooks;
}

function replaceHooks(ruleset: NftRuleset, hooks: NftRuleset['hooks']): void {
  for (const name of Object.keys(ruleset.hooks))
    delete ruleset.hooks[name as keyof NftRuleset['hooks']];
  Object.assign(ruleset.hooks, hooks);
}

/** Brings `ruleset.hooks` up to date after base chains came or went: a packet must not search every chain. */
export function rebuildHooks({ ruleset, undo }: Transaction): void {
  const old = { ...ruleset.hooks };
  replaceHooks(ruleset, computeHooks(ruleset));
  undo.push(() => {
    replaceHooks(ruleset, old);
  });
}
