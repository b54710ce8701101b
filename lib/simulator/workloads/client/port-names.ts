type Transport = 'tcp' | 'udp';

const BOTH: readonly Transport[] = ['tcp', 'udp'];
const TCP: readonly Transport[] = ['tcp'];
const UDP: readonly Transport[] = ['udp'];

/** /etc/services of Debian (netbase 6.4), as far as clusters meet it. */
const SERVICES: readonly (readonly [name: string, port: number, on: readonly Transport[]])[] = [
  ['ftp', 21, TCP],
  ['ssh', 22, TCP],
  ['smtp', 25, TCP],
  ['domain', 53, BOTH],
  ['bootps', 67, UDP],
  ['bootpc', 68, UDP],
  ['http', 80, TCP],
  ['kerberos', 88, BOTH],
  ['pop3', 110, TCP],
  ['sunrpc', 111, BOTH],
  ['ntp', 123, UDP],
  ['netbios-ns', 137, UDP],
  ['imap2', 143, TCP],
  ['snmp', 161, BOTH],
  ['bgp', 179, TCP],
  ['ldap', 389, BOTH],
  ['https', 443, BOTH],
  ['syslog', 514, UDP],
  ['shell', 514, TCP],
  ['ldaps', 636, BOTH],
  ['domain-s', 853, BOTH],
  ['openvpn', 1194, BOTH],
  ['nfs', 2049, BOTH],
  ['mysql', 3306, TCP],
  ['sip', 5060, BOTH],
  ['mdns', 5353, UDP],
  ['postgresql', 5432, TCP],
  ['amqp', 5672, TCP],
  ['redis', 6379, TCP],
  ['http-alt', 8080, TCP],
  ['tproxy', 8081, TCP],
  ['git', 9418, TCP],
];

/** getservbyport(3): `http` for 80; undefined when the port has no name. */
export function portName(port: number, transport: Transport): string | undefined {
  return SERVICES.find(([, number, on]) => number === port && on.includes(transport))?.[0];
}

/** getservbyname(3): the port of a name over any transport. */
export function portOfName(name: string): number | undefined {
  return SERVICES.find(([known]) => known === name)?.[1];
}
