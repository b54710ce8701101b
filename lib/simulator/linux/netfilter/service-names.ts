/** Names of /etc/services that rules are likely to use, with their ports. */
export const SERVICES: Readonly<Record<string, number>> = {
  ssh: 22,
  smtp: 25,
  domain: 53,
  http: 80,
  ntp: 123,
  bgp: 179,
  https: 443,
  mysql: 3306,
  postgresql: 5432,
  'http-alt': 8080,
};

const NAMES = new Map(Object.entries(SERVICES).map(([name, port]) => [port, name]));

/** What /etc/services calls a port. */
export const serviceName = (port: number): string | undefined => NAMES.get(port);
