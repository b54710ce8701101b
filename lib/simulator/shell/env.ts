import { finished } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

/** env(1) and printenv(1): the environment of the container, or of a log-in shell. */
export const env = onLinux((args, { process, hostname }) => {
  const option = args.find((arg) => arg.startsWith('-'));
  if (option !== undefined) {
    return finished(
      '',
      125,
      `env: invalid option -- '${option.slice(1, 2)}'\nTry 'env --help' for more information.\n`,
    );
  }
  const variables: Readonly<Record<string, string>> = process?.environment ?? {
    HOME: '/root',
    HOSTNAME: hostname,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
  const [name] = args;
  if (name !== undefined) {
    const value = variables[name];
    return value === undefined ? finished('', 1) : finished(`${value}\n`);
  }
  return finished(
    Object.entries(variables)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
});
