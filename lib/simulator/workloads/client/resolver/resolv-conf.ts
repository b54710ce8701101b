/** What /etc/resolv.conf says (resolv.conf(5)), as glibc reads it. Times in seconds. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  /** Without final dots. */
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeout: number;
  /** How often every server is asked over UDP. */
  readonly attempts: number;
  readonly rotate: boolean;
  /** A, and AAAA only when the answer is there; `reopen`: over a new socket. */
  readonly singleRequest: 'no' | 'yes' | 'reopen';
  readonly usesTcp: boolean;
  readonly usesEdns: boolean;
  readonly asksForIpv6: boolean;
  /** A name without dots is never asked for as it was typed. */
  readonly queriesTopLevel: boolean;
}

const MAX_NAMESERVERS = 3;

const numberOption = (
  options: readonly string[],
  name: string,
  standard: number,
  limit: number,
) => {
  const found = options.findLast((option) => option.startsWith(`${name}:`));
  if (found === undefined) return standard;
  const value = Number.parseInt(found.slice(name.length + 1), 10);
  return Number.isNaN(value) ? 0 : Math.min(value, limit);
};

/** The words behind a keyword that begins its line; glibc wants a blank behind it and none before. */
const valuesOf = (lines: readonly string[], keyword: string): readonly string[][] =>
  lines
    .filter((line) => line.startsWith(`${keyword} `) || line.startsWith(`${keyword}\t`))
    .map((line) =>
      line
        .slice(keyword.length)
        .split(/[ \t]+/)
        .filter((word) => word !== ''),
    );

function searchOf(lines: readonly string[]): readonly string[] {
  const found = lines
    .filter((line) => /^(search|domain)[ \t]+\S/.test(line))
    .map((line) => line.split(/[ \t]+/).filter((word) => word !== ''));
  const [keyword, ...domains] = found[found.length - 1] ?? [];
  return (keyword === 'domain' ? domains.slice(0, 1) : domains).map((domain) =>
    domain.replace(/\.$/, ''),
  );
}

/**
 * Reads resolv.conf as glibc does (resolv/res_init.c): three nameservers at most, the last `search` or `domain` line
 * counts, a comment only at the beginning of a line.
 */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text.split('\n').filter((line) => !/^[;#]/.test(line));
  const nameservers = valuesOf(lines, 'nameserver').flatMap(([address]) => address ?? []);
  const options = valuesOf(lines, 'options').flat();
  const has = (name: string) => options.some((option) => option.startsWith(name));
  return {
    nameservers: nameservers.length > 0 ? nameservers.slice(0, MAX_NAMESERVERS) : ['127.0.0.1'],
    search: searchOf(lines),
    ndots: numberOption(options, 'ndots', 1, 15),
    timeout: numberOption(options, 'timeout', 5, 30),
    attempts: numberOption(options, 'attempts', 2, 5),
    rotate: has('rotate'),
    singleRequest: has('single-request-reopen')
      ? 'reopen'
      : options.some((option) => /^single-request(?!-reopen)/.test(option))
        ? 'yes'
        : 'no',
    usesTcp: has('use-vc'),
    usesEdns: has('edns0'),
    asksForIpv6: !has('no-aaaa'),
    queriesTopLevel: !has('no-tld-query') && !has('no_tld_query'),
  };
}
