export interface IpOptions {
  family: 4 | 6 | undefined;
  brief: boolean;
  oneLine: boolean;
  details: boolean;
  statistics: boolean;
  json: boolean;
  namespace?: string;
}

/** Options before the object; a text is the error. */
export function parseIpOptions(
  args: readonly string[],
): { options: IpOptions; words: readonly string[] } | string {
  const options: IpOptions = {
    family: undefined,
    brief: false,
    oneLine: false,
    details: false,
    statistics: false,
    json: false,
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-')) return { options, words: args.slice(i) };
    const name = arg.replace(/^--?/, '');
    if (name === '4') options.family = 4;
    else if (name === '6') options.family = 6;
    else if (name.length > 1 && 'brief'.startsWith(name)) options.brief = true;
    else if ('oneline'.startsWith(name)) options.oneLine = true;
    else if ('details'.startsWith(name)) options.details = true;
    else if ('stats'.startsWith(name) || 'statistics'.startsWith(name)) options.statistics = true;
    else if ('json'.startsWith(name)) options.json = true;
    else if (name === 'n' || name === 'netns') options.namespace = args[++i] ?? '';
    else if (!/^(c|color|color=\w+|h|human|N|t|r|p|pretty)$/.test(name))
      return `Option "${arg}" is unknown, try "ip -help".`;
  }
  return { options, words: [] };
}
