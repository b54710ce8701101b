import { z } from 'zod';

/**
 * What can be seen of one request in the simulator. The right option of a prediction, and every claim of a lesson, is
 * decided by such a value, never by its author.
 */
export const OBSERVABLES = [
  'disposition',
  'http-status',
  'answering-pod',
  'answering-node',
  'destination-after-dnat',
  'node-of-dnat',
  'source-seen-by-server',
  'dns-query-count',
  'wire-crossings-to-service-address',
  'outer-destination',
  'verdict',
  'deciding-policy',
] as const;

export const observableSchema = z
  .enum(OBSERVABLES)
  .describe(
    'disposition: delivered, refused, dropped, answer-lost, unreachable, not-sent, unresolved. http-status: 200. answering-pod: shop/catalog-x. answering-node: node-b. ' +
      'destination-after-dnat and source-seen-by-server: whose address it is, pod/shop/catalog-x:8080, service/shop/catalog:80, node/node-a. ' +
      'node-of-dnat: the node that rewrote the destination. dns-query-count: 2. wire-crossings-to-service-address: packets between nodes that still carry the address of a Service. ' +
      'outer-destination: whose address a tunnel writes outside the packet, node/node-b; none without a tunnel. ' +
      'verdict: what policies say to what is sent, name look-ups included: admitted, egress not admitted, ingress not admitted, egress Deny, ingress Deny; none when no policy has a say. ' +
      'deciding-policy: the policy and the place in it, NetworkPolicy/shop/catalog-in .spec.ingress[0].from[1]; of one that does not admit .spec.ingress or .spec.egress.',
  );
export type Observable = z.infer<typeof observableSchema>;

/** A value of an observable; `*` stands for any text without a slash. */
export const observedValueSchema = z
  .string()
  .min(1)
  .max(120)
  .describe(
    'The value that makes this true. * stands for any text within a name: pod/shop/catalog-*:8080.',
  );
