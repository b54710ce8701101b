import { z } from 'zod';
import { relativePathSchema, slugSchema } from './slug.ts';

const addressSchema = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}$/, 'an IPv4 address');
const rangeSchema = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'an IPv4 range');

export const clusterSchema = z
  .strictObject({
    nodes: z
      .array(
        z.strictObject({
          name: slugSchema.describe('Name of the node.'),
          address: addressSchema.describe('Its address on the network between the nodes.'),
          labels: z.record(z.string(), z.string()).optional().describe('Labels of the node.'),
        }),
      )
      .min(1)
      .max(5)
      .optional()
      .describe('The nodes. Left out: node-a and node-b.'),
    podCidr: rangeSchema.optional().describe('Range of the pods. Left out: 10.244.0.0/16.'),
    serviceCidr: rangeSchema.optional().describe('Range of the Services. Left out: 10.96.0.0/16.'),
    cni: z
      .enum(['routed', 'vxlan', 'bgp'])
      .optional()
      .describe('How pods of different nodes reach one another. Left out: routed.'),
    podMtu: z
      .int()
      .min(1280)
      .max(9000)
      .optional()
      .describe('MTU that the CNI configuration names. Left out: what the way can carry.'),
    loadBalancer: z
      .enum(['cloud', 'cloud-vip', 'layer2'])
      .optional()
      .describe('Who gives Services of type LoadBalancer their address. Left out: nobody.'),
    nodeDns: z
      .enum(['cache'])
      .optional()
      .describe(
        'cache: NodeLocal DNSCache runs on every node. Left out: pods ask CoreDNS themselves.',
      ),
    proxyMode: z
      .enum(['iptables', 'nftables'])
      .optional()
      .describe('Mode of kube-proxy. Left out: iptables.'),
  })
  .describe(
    'What differs from the usual cluster: Kubernetes 1.35, two nodes, a bridge on each and routes between them, kube-proxy in iptables mode.',
  );

/** Where a sandbox begins, as an author writes it. `buildScenario` turns it into the simulator's Scenario. */
export const scenarioSchema = z
  .strictObject({
    manifests: z
      .array(relativePathSchema)
      .min(1)
      .max(20)
      .describe('YAML files that are applied in this order before time begins.'),
    cluster: clusterSchema.optional(),
    prepare: z
      .array(z.string().min(1).max(500))
      .max(20)
      .optional()
      .describe('Commands that somebody ran afterwards, such as kubectl label; each must succeed.'),
    namespace: slugSchema.optional().describe('Namespace of the prompt. Left out: default.'),
    age: z
      .string()
      .regex(/^\d+[smhd]$/)
      .optional()
      .describe('How long the cluster has been running, such as 3h. Left out: 1d.'),
  })
  .describe('Where a sandbox begins.');

export type ScenarioSource = z.infer<typeof scenarioSchema>;
