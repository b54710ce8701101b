import { expect, test } from 'vitest';
import { addAddress } from '../../linux/links.ts';
import { appendRule } from '../../linux/netfilter/ruleset.ts';
import { createProgramLab, runClient, type ProgramLab } from '../../testing/program-lab.ts';

const BOTH = { '/etc/hosts': 'fd00::2 web\n10.0.0.2 web\n' };

function lab(): ProgramLab {
  const made = createProgramLab();
  addAddress(made.network, 'server', 'eth0', 'fd00::2/64');
  addAddress(made.network, 'client', 'eth0', 'fd00::1/64');
  return made;
}

test.each([
  [
    'an address',
    'ping -c 1 fd00::2',
    'PING fd00::2(fd00::2) 56 data bytes',
    '64 bytes from fd00::2: ',
  ],
  [
    '-6 and a name',
    'ping -6 -c 1 web',
    'PING web(web (fd00::2)) 56 data bytes',
    '64 bytes from web (fd00::2): ',
  ],
  [
    '-4 and a name',
    'ping -4 -c 1 web',
    'PING web (10.0.0.2) 56(84) bytes of data.',
    '64 bytes from web (10.0.0.2): ',
  ],
  [
    'a name alone',
    'ping -c 1 web',
    'PING web(web (fd00::2)) 56 data bytes',
    '64 bytes from web (fd00::2): ',
  ],
])('ping %s', (_name, line, first, reply) => {
  const lines = runClient(lab(), line, BOTH).output.split('\n');
  expect(lines[0]).toBe(first);
  expect(lines[1]).toContain(`${reply}icmp_seq=1 ttl=64 time=`);
});

test.each([
  ['icmp6-port-unreachable', 'Port unreachable'],
  ['icmp6-adm-prohibited', 'Administratively prohibited'],
  ['icmp6-addr-unreachable', 'Address unreachable'],
  ['icmp6-no-route', 'No route'],
] as const)('ping tells of %s in the words of ping6', (reject, words) => {
  const made = lab();
  appendRule(made.network.namespaces['server']!.ruleset6, 'filter', 'INPUT', {
    matches: [
      { match: 'protocol', protocol: 'ipv6-icmp' },
      { match: 'source', cidr: 'fd00::1/128' },
      { match: 'destination', cidr: 'fd00::2/128' },
    ],
    target: { target: 'REJECT', with: reject },
  });
  // The neighbours know one another: a rule that refuses ICMPv6 refuses their questions as well.
  runClient(made, 'ping -c 1 fd00::2');
  const client = made.network.namespaces['client']!;
  const server = made.network.namespaces['server']!;
  for (const [own, other, address] of [
    [client, server, 'fd00::2'],
    [server, client, 'fd00::1'],
  ] as const) {
    const mac = other.links['eth0']?.mac;
    own.neighbours.splice(0, own.neighbours.length, {
      address,
      device: 'eth0',
      mac,
      state: 'PERMANENT',
      at: 0,
    });
  }
  const { output, exitCode } = runClient(made, 'ping -c 1 fd00::2');
  expect(output).toContain(`From fd00::2 icmp_seq=1 Destination unreachable: ${words}\n`);
  expect(exitCode).toBe(1);
});
