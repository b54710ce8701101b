/** One chain that reads differently. */
export interface SavedDifference {
  readonly chain: string;
  readonly ours: string;
  readonly kernel: string;
}

/** `table chain` → policy and rules, without comments and counters. Order of tables and of chains says nothing. */
function chainsOf(text: string): Map<string, string> {
  const chains = new Map<string, string>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const declared = /^:(\S+) (\S+)/.exec(line);
    const chain = declared?.[1] ?? /^-A (\S+)/.exec(line)?.[1];
    if (chain === undefined) continue;
    const key = `${table} ${chain}`;
    chains.set(key, `${chains.get(key) ?? ''}${declared ? `policy ${declared[2]}` : line}\n`);
  }
  return chains;
}

const isUntouched = (chain: string) => chain === '' || chain === 'policy ACCEPT\n';

/** Chains in which two outputs of iptables-save differ. A built-in chain that one of them does not list is empty. */
export function compareSaved(ours: string, kernel: string): SavedDifference[] {
  const left = chainsOf(ours);
  const right = chainsOf(kernel);
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((chain) => {
    const mine = left.get(chain) ?? '';
    const theirs = right.get(chain) ?? '';
    return mine === theirs || (isUntouched(mine) && isUntouched(theirs))
      ? []
      : [{ chain, ours: mine, kernel: theirs }];
  });
}
