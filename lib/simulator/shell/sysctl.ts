import { finished } from './command.ts';
import { onLinux, readSysctl, sysctlKeys } from './namespace-of-place.ts';

const pathOf = (key: string) => `/proc/sys/${key.replaceAll('.', '/')}`;

/** sysctl(8): NAME, NAME=VALUE (with or without -w), -n, -a. Keys may be written with slashes. */
export const sysctl = onLinux((args, system) => {
  const { namespace, machine, mayAdminister } = system;
  const flags = args.filter((arg) => arg.startsWith('-'));
  const unknown = flags.find((flag) => !/^-[aAnwqeNX]+$/.test(flag));
  if (unknown !== undefined) {
    return finished(
      '',
      1,
      `sysctl: invalid option -- '${unknown.slice(1, 2)}'\n\nUsage:\n sysctl [options] [variable[=value] ...]\n`,
    );
  }
  const has = (letter: string) => flags.some((flag) => flag.includes(letter));
  const words = args.filter((arg) => !arg.startsWith('-'));
  if (words.length === 0 && !has('a'))
    return finished('', 1, '\nUsage:\n sysctl [options] [variable[=value] ...]\n');
  const out: string[] = [];
  const errors: string[] = [];
  const show = (key: string, value: string) => out.push(has('n') ? value : `${key} = ${value}`);
  for (const word of has('a') ? sysctlKeys(system) : words) {
    const [name = '', ...rest] = word.split('=');
    const key = name.trim().replaceAll('/', '.');
    const current = readSysctl(system, key);
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
      if (key.startsWith('net.')) namespace.sysctls[key.slice(4)] = value;
      else machine.sysctls[key] = value;
      if (!has('q')) show(key, value);
    } else show(key, current);
  }
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  return finished(text(out), errors.length > 0 ? 1 : 0, text(errors));
});
