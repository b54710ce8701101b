/**
 * The machines around a cluster: names and addresses of the nodes' segment that are taken before any node is there.
 * The segment is one layer 2 network; everything behind its router is of outside/.
 */

/** The laptop that kubectl runs on: a machine on the nodes' network, outside the cluster. */
export const WORKSTATION = 'workstation';
/** The gateway of that network: the way to the internet and to the company's own services. */
export const ROUTER = 'router';
/** Where the API server would stand: its address is real, and nothing listens there (docs/coverage.md). */
export const CONTROL_PLANE = 'control-plane';

/** The nodes' segment. */
export const SITE_CIDR = '192.168.10.0/24';
export const ROUTER_ADDRESS = '192.168.10.1';
export const CONTROL_PLANE_ADDRESS = '192.168.10.10';
export const WORKSTATION_ADDRESS = '192.168.10.100';
export const CLOUD_LOAD_BALANCER_ADDRESS = '192.168.10.5';

/** Machines that a cluster may stand among: no node can have such a name. */
export const MACHINE_NAMES: readonly string[] = [
  WORKSTATION,
  ROUTER,
  CONTROL_PLANE,
  'switch',
  'load-balancer',
  'internet',
  'public-dns',
  'web-server',
  'internet-client',
  'on-premises',
];
