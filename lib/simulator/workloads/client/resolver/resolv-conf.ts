/** What /etc/resolv.conf says (resolv.conf(5)). Times in seconds. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  /** Without final dots. */
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeout: number;
  readonly attempts: number;
  readonly rotate: boolean;
}

const MAX_NAMESERVERS = 3;

const numberOption = (
  options: readonly string[],
  name: string,
  standard: number,
  limit: number,
) => {
  const found = options.findLast((option) => option.startsWith(`${name}:`));
  const value = Number(found?.slice(name.length + 1));
  return Number.isInteger(value) && value >= 0 ? Math.min(value, limit) : standard;
};

/** Reads resolv.conf as glibc does: three nameservers at most, the last `search` or `domain` line counts. */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text
    .split('\n')
    .map((line) =>
      line
        .replace(/[#;].*/, '')
        .trim()
        .split(/\s+/),
    )
    .filter(([keyword]) => keyword !== '');
  const valuesOf = (keyword: string) => lines.filter(([first]) => first === keyword);
  const nameservers = valuesOf('nameserver').flatMap(([, address]) => address ?? []);
  const search = lines.findLast(([first]) => first === 'search' || first === 'domain')?.slice(1);
  const options = valuesOf('options').flatMap((line) => line.slice(1));
  return {
    nameservers: nameservers.length > 0 ? nameservers.slice(0, MAX_NAMESERVERS) : ['127.0.0.1'],
    search: (search ?? []).map((domain) => domain.replace(/\.$/, '')),
    ndots: numberOption(options, 'ndots', 1, 15),
    timeout: Math.max(1, numberOption(options, 'timeout', 5, 30)),
    attempts: Math.max(1, numberOption(options, 'attempts', 2, 5)),
    rotate: options.includes('rotate'),
  };
}
