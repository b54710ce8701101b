import { z } from 'zod';
import { findOptionProblems } from '#lib/simulator/index.ts';
import { relativePathSchema, slugSchema } from './slug.ts';

/** `nodes[1].address` as zod has paths. */
const partsOf = (path: string) =>
  path
    .split(/[.[\]]+/)
    .flatMap((part) => (part === '' ? [] : /^\d+$/.test(part) ? Number(part) : part));

const optionsSchema = z
  .strictObject({
    nodes: z
      .array(
        z.strictObject({
          name: slugSchema.describe('Name of the node.'),
          address: z
            .string()
            .describe('Its address on the network between the nodes, 192.168.10.0/24.'),
          address6: z
            .string()
            .optional()
            .describe('Its IPv6 address, in a cluster of both families.'),
          labels: z.record(z.string(), z.string()).optional().describe('Labels of the node.'),
        }),
      )
      .min(1)
      .max(5)
      .optional()
      .describe('The nodes. Left out: node-a and node-b.'),
    podCidr: z
      .string()
      .optional()
      .describe('Range of the pods, or one of each family: A,B. Left out: 10.244.0.0/16.'),
    serviceCidr: z
      .string()
      .optional()
      .describe('Range of the Services, or one of each family: A,B. Left out: 10.96.0.0/16.'),
    cni: z
      .enum(['routed', 'vxlan', 'bgp'])
      .optional()
      .describe('How pods of different nodes reach one another. Left out: routed.'),
    networkPolicies: z
      .enum(['enforced', 'ignored'])
      .optional()
      .describe(
        'Whether somebody makes rules of policies. Left out: as the CNI does, which bgp does and the others do not.',
      ),
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
    kubeProxy: z
      .strictObject({
        minSyncPeriodMs: z
          .int()
          .min(0)
          .max(60_000)
          .describe('Milliseconds between two rounds of writing rules. Installers write 1000.'),
      })
      .optional()
      .describe('Settings of kube-proxy. Left out: rules are written at once.'),
  })
  .describe(
    'What differs from the usual cluster: Kubernetes 1.35, two nodes, a bridge on each and routes between them, kube-proxy in iptables mode.',
  );

/** The options of a cluster that an installer would put up with. */
export const clusterSchema = optionsSchema.superRefine((options, context) => {
  for (const { path, message } of findOptionProblems(JSON.parse(JSON.stringify(options)))) {
    context.addIssue({ code: 'custom', path: partsOf(path), message });
  }
});

/** Where a sandbox begins, as an author writes it. `buildScenario` turns it into the simulator's Scenario. */
export const scenarioSchema = z
  .strictObject({
    manifests: z
      .array(relativePathSchema)
      .min(1)
      .max(20)
      .describe('YAML files that are applied in this order before time begins.'),
    cluster: clusterSchema.optional(),
    files: z
      .array(relativePathSchema)
      .max(10)
      .optional()
      .describe("Files that lie on the learner's workstation, by their last name."),
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
