import { finished } from './command.ts';
import { onLinux, readSysctl, sysctlKeys } from './namespace-of-place.ts';

const pathOf = (key: string) => `/proc/sys/${key.replaceAll('.', '/')}`;

const USAGE = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --deprecated     include deprecated parameters to listing
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
  -o                   does nothing
  -x                   does nothing
  -d                   alias of -h

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
`;

/** What proc_dointvec takes; keys that hold words or lists are not looked at. */
const isWrong = (current: string, value: string) =>
  /^-?\d+$/.test(current) && !/^-?\d+$/.test(value);

/** sysctl(8): NAME, NAME=VALUE (with or without -w), -n, -a. Keys may be written with slashes. */
export const sysctl = onLinux((args, system) => {
  const { namespace, machine, mayAdminister } = system;
  const flags = args.filter((arg) => arg.startsWith('-'));
  const unknown = flags.find((flag) => !/^-[aAnwqeNX]+$/.test(flag));
  if (unknown !== undefined) {
    const what = unknown.startsWith('--')
      ? `unrecognized option '${unknown}'`
      : `invalid option -- '${unknown.slice(1, 2)}'`;
    return finished('', 0, `sysctl: ${what}\n${USAGE}`);
  }
  const has = (letter: string) => flags.some((flag) => flag.includes(letter));
  const words = args.filter((arg) => !arg.startsWith('-'));
  if (words.length === 0 && !has('a')) return finished('', 1, USAGE);
  const out: string[] = [];
  const errors: string[] = [];
  const show = (key: string, value: string) => out.push(has('n') ? value : `${key} = ${value}`);
  for (const word of has('a') ? sysctlKeys(system) : words) {
    const [name = '', ...rest] = word.split('=');
    const isWrite = rest.length > 0 || has('w');
    if (name === '' || (isWrite && rest.length === 0)) {
      errors.push('sysctl: command line(0): invalid syntax, continuing...');
      break;
    }
    const key = name.trim().replaceAll('/', '.');
    const current = readSysctl(system, key);
    if (current === undefined && has('e')) continue;
    if (current === undefined) {
      errors.push(`sysctl: cannot stat ${pathOf(key)}: No such file or directory`);
      continue;
    }
    if (rest.length > 0) {
      if (!mayAdminister) {
        errors.push(`sysctl: error setting key '${key}': Read-only file system`);
        continue;
      }
      const value = rest.join('=').trim();
      if (isWrong(current, value)) {
        errors.push(`sysctl: setting key "${key}": Invalid argument`);
        continue;
      }
      if (key.startsWith('net.')) namespace.sysctls[key.slice(4)] = value;
      else machine.sysctls[key] = value;
      if (!has('q')) show(key, value);
    } else show(key, current);
  }
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  return finished(text(out), errors.length > 0 ? 1 : 0, text(errors));
});
