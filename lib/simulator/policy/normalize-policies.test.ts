import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aPolicyCluster } from '../testing/random-policy-clusters.ts';
import type { NormalPeer, NormalPort, RuleAction } from './normal-policy.ts';
import { normalizePolicy, type PolicyObject } from './normalize-policies.ts';

/** What stands at `.spec.ingress[0].from[1]` of an object. */
const at = (object: unknown, path: string): unknown =>
  [...path.matchAll(/[^.[\]]+/g)].reduce<unknown>(
    (value, [key]) => (value as Record<string, unknown> | undefined)?.[key],
    object,
  );

/** A peer as it may have been written, of a policy of that namespace. */
function peerWritten(peer: NormalPeer, written: object): object {
  switch (peer.peer) {
    case 'nodes':
      return { nodes: peer.nodes };
    case 'domains':
      return { domainNames: peer.names };
    case 'networks': {
      if ('networks' in written) return { networks: peer.cidrs };
      const [cidr] = peer.cidrs;
      return { ipBlock: { cidr, ...(peer.except.length > 0 && { except: peer.except }) } };
    }
    case 'pods': {
      const { namespaces, pods } = peer;
      if ('pods' in written) return { pods: { namespaceSelector: namespaces, podSelector: pods } };
      if ('namespaces' in written) return { namespaces };
      return {
        ...('podSelector' in written && { podSelector: pods }),
        ...(typeof namespaces !== 'string' && { namespaceSelector: namespaces }),
      };
    }
  }
}

/** First and last port, or a name, and the protocol, out of every notation. */
function portSaid(written: object): object {
  const text = JSON.stringify(written);
  const number = (key: string) =>
    Number(new RegExp(`"${key}":(\\d+)`).exec(text)?.[1] ?? Number.NaN);
  const name = /"(?:port|namedPort|destinationNamedPort)":"([^"]+)"/.exec(text)?.[1];
  const protocol =
    /"protocol":"(\w+)"/.exec(text)?.[1] ?? /"(tcp|udp|sctp)"/.exec(text)?.[1]?.toUpperCase();
  const isFree = /namedPort|destinationNamedPort/.test(text);
  if (name !== undefined) return { name, protocol: isFree ? undefined : (protocol ?? 'TCP') };
  const first = [number('start'), number('number'), number('port')].find(
    (one) => !Number.isNaN(one),
  );
  const last = [number('end'), number('endPort')].find((one) => !Number.isNaN(one));
  return { first: first ?? 1, last: last ?? first ?? 65_535, protocol: protocol ?? 'TCP' };
}

const portKept = (port: NormalPort): object =>
  port.port === 'name'
    ? { name: port.name, protocol: port.protocol }
    : { first: port.first, last: port.last, protocol: port.protocol };

/** The action as the policy's API writes it. */
const wordOf = ({ kind }: PolicyObject, action: RuleAction) =>
  ({ accept: kind === 'ClusterNetworkPolicy' ? 'Accept' : 'Allow', deny: 'Deny', pass: 'Pass' })[
    action
  ];

function checkDirection(policy: PolicyObject, direction: 'ingress' | 'egress') {
  const rules = policy.spec[direction] ?? [];
  const normal = normalizePolicy(policy)[direction];
  expect(normal).toHaveLength(rules.length);
  normal.forEach((rule, i) => {
    const { from, to, ports, protocols, action } = (rules[i] ?? {}) as Record<string, object[]>;
    expect(at(policy, rule.path)).toBe(rules[i]);
    expect(rule.peers ?? []).toHaveLength((from ?? to ?? []).length);
    expect(rule.ports ?? []).toHaveLength((ports ?? protocols ?? []).length);
    if (action) expect(JSON.stringify(action)).toBe(JSON.stringify(wordOf(policy, rule.action)));
    for (const peer of rule.peers ?? []) {
      const written = at(policy, peer.path) as object;
      expect(peerWritten(peer, written)).toEqual(written);
    }
    for (const port of rule.ports ?? []) {
      expect(portKept(port)).toEqual(portSaid(at(policy, port.path) as object));
    }
  });
}

test('nothing of a policy is lost on the way to its common form, and paths lead back', () => {
  fc.assert(
    fc.property(aPolicyCluster, ({ policies }) => {
      for (const policy of policies) {
        checkDirection(policy, 'ingress');
        checkDirection(policy, 'egress');
        const { subject, ref } = normalizePolicy(policy);
        expect({ kind: ref.kind, name: ref.name }).toEqual({
          kind: policy.kind,
          name: policy.metadata.name,
        });
        expect(at(policy, subject.path)).toBeDefined();
      }
    }),
    { numRuns: 200 },
  );
}, 60_000);
