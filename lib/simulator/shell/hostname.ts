import { finished } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

const USAGE = `Usage: hostname [-b] {hostname|-F file}         set host name (from file)
       hostname [-a|-A|-d|-f|-i|-I|-s|-y]       display formatted name
       hostname                                 display host name
`;

/** hostname(1): the name; -i and -I the addresses of the namespace. */
export const hostname = onLinux((args, { hostname: name, namespace, process, machine }) => {
  const [option] = args;
  const addresses = Object.values(namespace.links)
    .filter(({ kind }) => kind !== 'loopback')
    .flatMap((link) => link.addresses.map(({ address }) => address));
  switch (option) {
    case undefined:
    case '-s':
      return finished(`${option === '-s' ? name.split('.')[0] : name}\n`);
    case '-f':
    case '--fqdn': {
      const hosts = (process ?? machine).files['/etc/hosts'] ?? '';
      const line = hosts.split('\n').find((one) => one.split(/\s+/).slice(1).includes(name));
      return finished(`${line?.trim().split(/\s+/)[1] ?? name}\n`);
    }
    case '-i':
    case '--ip-address':
      return finished(`${addresses[0] ?? '127.0.0.1'}\n`);
    case '-I':
    case '--all-ip-addresses':
      return finished(`${addresses.map((address) => `${address} `).join('')}\n`);
    default:
      return option.startsWith('-')
        ? finished(
            '',
            255,
            `hostname: invalid option -- '${option.replace(/^--?/, '')[0] ?? ''}'\n${USAGE}`,
          )
        : finished('', 1, 'hostname: you must be root to change the host name\n');
  }
});
