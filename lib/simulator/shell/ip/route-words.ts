const KEYS: readonly string[] = [
  'via',
  'dev',
  'src',
  'metric',
  'proto',
  'scope',
  'table',
  'from',
  'to',
  'root',
  'match',
  'exact',
  'type',
  'iif',
  'oif',
  'mark',
  'uid',
  'sport',
  'dport',
  'ipproto',
  'mtu',
];

export interface RouteWords {
  readonly destination?: string;
  readonly pairs: Readonly<Record<string, string>>;
  readonly onlink: boolean;
}

/** Words as `key value` pairs around a destination: `default via 10.0.0.1 dev eth0 onlink`. */
export function readRouteWords(words: readonly string[]): RouteWords {
  const pairs: Record<string, string> = {};
  let destination: string | undefined;
  let onlink = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'to' && ['root', 'match', 'exact'].includes(words[i + 1] ?? '')) continue;
    if (KEYS.includes(word)) pairs[word] = words[++i] ?? '';
    else if (word === 'onlink') onlink = true;
    else destination ??= word;
  }
  destination ??= pairs['to'];
  return { pairs, onlink, ...(destination !== undefined && { destination }) };
}
