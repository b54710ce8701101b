import type { LoadBalancerName } from '../../cluster-options.ts';
import type { NodeAgent } from '../agent.ts';
import { cloudLoadBalancer } from './cloud.ts';
import { speaker } from './speaker.ts';

/** The agents that bring traffic from outside to Services of type LoadBalancer. */
export const LOAD_BALANCER_AGENTS: Readonly<Record<LoadBalancerName, readonly NodeAgent[]>> = {
  none: [],
  cloud: [cloudLoadBalancer],
  'cloud-vip': [cloudLoadBalancer],
  layer2: [speaker],
};
