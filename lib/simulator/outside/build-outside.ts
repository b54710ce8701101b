import { deviceMac } from '../base/device-mac.ts';
import { invariant } from '../base/invariant.ts';
import type { NetworkEnvironment } from '../linux/environment.ts';
import { addAddress, addBridge, addVethPair, setMaster } from '../linux/links.ts';
import { addMachine } from '../linux/network-state.ts';
import { appendRule } from '../linux/netfilter/ruleset.ts';
import type { Network } from '../linux/network.ts';
import { startProcess } from '../linux/process.ts';
import { addRoute } from '../linux/routes.ts';

/** The wire between the router and the hosts of the internet, as one segment. */
const INTERNET = 'internet';
const BRIDGE = 'br0';
const ROUTER_PUBLIC_ADDRESS = '203.0.113.1';
/** Public addresses that are routed to the site: a cloud load balancer has its addresses there. */
export const PUBLIC_POOL = '198.51.100.0/24';
export const PUBLIC_DNS_ADDRESS = '203.0.113.53';
const WEB_SERVER_ADDRESS = '203.0.113.80';
/** Somebody far away with a browser. */
export const INTERNET_CLIENT = 'internet-client';
/** A service in the company's own network, behind the router, that knows nothing of the cluster. */
const ON_PREMISES = 'on-premises';
const ON_PREMISES_ADDRESS = '172.20.0.10';
const ON_PREMISES_GATEWAY = '172.20.0.1';

const PUBLIC_NAMES = [
  `${WEB_SERVER_ADDRESS} example.com www.example.com`,
  '203.0.113.53 dns.example.net',
];
const PRIVATE_NAMES = [`${ON_PREMISES_ADDRESS} billing.corp.internal`];

const INDEX_PAGE = '/usr/share/nginx/html/index.html';

interface OutsideHost {
  readonly name: string;
  readonly address: string;
  readonly program?: string;
  readonly hosts?: readonly string[];
}

const INTERNET_HOSTS: readonly OutsideHost[] = [
  { name: 'public-dns', address: PUBLIC_DNS_ADDRESS, program: 'dnsmasq', hosts: PUBLIC_NAMES },
  { name: 'web-server', address: WEB_SERVER_ADDRESS, program: 'nginx' },
  { name: INTERNET_CLIENT, address: '203.0.113.99' },
];

/** Servers beyond the router that answer on a TCP port. */
export const OUTSIDE_SERVERS = [
  { name: 'web-server', address: WEB_SERVER_ADDRESS, port: 80 },
  { name: ON_PREMISES, address: ON_PREMISES_ADDRESS, port: 80 },
] as const;

/** What the site's own resolver answers: public names as the public DNS does, and the private ones. */
export const SITE_HOSTS_FILE = [...PUBLIC_NAMES, ...PRIVATE_NAMES, ''].join('\n');

const end = (namespace: string, name: string) => ({
  namespace,
  name,
  mac: deviceMac(`outside ${namespace} ${name}`),
});

function run(
  { name, program, hosts = [] }: OutsideHost,
  network: Network,
  environment: NetworkEnvironment,
): void {
  if (program === undefined) return;
  startProcess(network, environment, {
    program,
    args: [],
    namespace: name,
    hostname: name,
    files: {
      ...(hosts.length > 0 ? { '/etc/hosts': `${hosts.join('\n')}\n` } : {}),
      ...(program === 'nginx' ? { [INDEX_PAGE]: `<h1>${name}</h1>\n` } : {}),
    },
    environment: {},
  });
}

function addHost(host: OutsideHost): Parameters<typeof addMachine>[2] {
  return {
    files: {
      '/etc/hostname': `${host.name}\n`,
      '/etc/hosts': `127.0.0.1\tlocalhost\n${host.address}\t${host.name}\n`,
      '/etc/resolv.conf': `nameserver ${PUBLIC_DNS_ADDRESS}\n`,
    },
  };
}

/** Plugs a device of a machine into the internet's segment. */
function plug(
  network: Network,
  environment: NetworkEnvironment,
  machine: string,
  device: string,
  cidr: string,
): void {
  // The kernel has room for 15 characters (IFNAMSIZ).
  const port = `port-${machine}`.slice(0, 15);
  addVethPair(network, environment, end(machine, device), end(INTERNET, port));
  setMaster(network, INTERNET, port, BRIDGE);
  addAddress(network, machine, device, cidr);
}

function route(network: Network, machine: string, destination: string, via: string): void {
  const namespace = network.namespaces[machine];
  invariant(namespace, `no machine ${machine}`);
  addRoute(namespace, { destination, via, device: 'eth0', protocol: 'static' });
}

function buildInternet(network: Network, environment: NetworkEnvironment, router: string): void {
  addMachine(network, INTERNET);
  const mac = deviceMac(`outside ${INTERNET} ${BRIDGE}`);
  addBridge(network, environment, { namespace: INTERNET, name: BRIDGE, mac });
  plug(network, environment, router, 'eth1', `${ROUTER_PUBLIC_ADDRESS}/24`);
  for (const host of INTERNET_HOSTS) {
    addMachine(network, host.name, addHost(host));
    plug(network, environment, host.name, 'eth0', `${host.address}/24`);
    route(network, host.name, PUBLIC_POOL, ROUTER_PUBLIC_ADDRESS);
    run(host, network, environment);
  }
}

function buildOnPremises(network: Network, environment: NetworkEnvironment, router: string): void {
  const host = { name: ON_PREMISES, address: ON_PREMISES_ADDRESS, program: 'nginx' };
  addMachine(network, ON_PREMISES, addHost(host));
  addVethPair(network, environment, end(ON_PREMISES, 'eth0'), end(router, 'eth2'));
  addAddress(network, ON_PREMISES, 'eth0', `${ON_PREMISES_ADDRESS}/24`);
  addAddress(network, router, 'eth2', `${ON_PREMISES_GATEWAY}/24`);
  route(network, ON_PREMISES, '0.0.0.0/0', ON_PREMISES_GATEWAY);
  run(host, network, environment);
}

/**
 * The router forwards, and lends its public address to what leaves the nodes' segment for the internet: to nobody else,
 * so that a pod's address which was not masqueraded finds no way back. The company's network sees addresses as they are.
 */
function openRouter(network: Network, router: string, siteCidr: string): void {
  const namespace = network.namespaces[router];
  invariant(namespace, `no machine ${router}`);
  namespace.sysctls['ipv4.ip_forward'] = '1';
  appendRule(namespace.ruleset, 'nat', 'POSTROUTING', {
    matches: [
      { match: 'source', cidr: siteCidr },
      { match: 'out-interface', name: 'eth1' },
    ],
    target: { target: 'MASQUERADE' },
  });
}

/**
 * What is beyond the nodes' segment: an internet with a public DNS, a web server and a client, and a private service on
 * the premises, all behind the router. No packet goes there unless somebody sends one.
 *
 * Simplified: the internet is one segment, IPv4 alone; its addresses are those reserved for documentation (RFC 5737).
 */
export function buildOutside(
  network: Network,
  environment: NetworkEnvironment,
  router: string,
  siteCidr: string,
): void {
  buildInternet(network, environment, router);
  buildOnPremises(network, environment, router);
  openRouter(network, router, siteCidr);
}
