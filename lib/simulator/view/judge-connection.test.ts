import { expect, test } from 'vitest';
import type { IpVersion } from '../base/ip.ts';
import type { NetworkPolicy } from '../api/networking/network-policy.ts';
import { PolicyBench } from '../testing/policy-bench.ts';
import { answerReach } from './answer-reach.ts';
import { judgeFlow } from './judge-connection.ts';

const NOTHING_IN_OR_OUT: NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'nothing', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Ingress', 'Egress'] },
};

const bench = new PolicyBench({ cni: 'routed' });
bench.create(NOTHING_IN_OR_OUT);
bench.settle();

const addressOf = (place: string, family: IpVersion): string => {
  const [node = '', link] = place.split(' ');
  if (link === undefined) return bench.addressOf(node, family);
  const addresses = bench.cluster.network.namespaces[node]?.links[link]?.addresses ?? [];
  const own = addresses.map(({ address }) => address).filter((text) => !text.startsWith('fe80'));
  return own.find((text) => text.includes(':') === (family === 6)) ?? '';
};

// What a node sends to its own pods has the address of the bridge, which no Node object lists.
test.each([
  ['node-a cni0', 'client', 'admitted'],
  ['client', 'node-a cni0', 'admitted'],
  ['client', 'node-a', 'admitted'],
  ['node-b cni0', 'client', 'not-admitted'],
  ['client', 'node-b cni0', 'not-admitted'],
] as const)('policies say of a connection from %s to %s: %s', (from, to, outcome) => {
  for (const family of [4, 6] as const) {
    const [source, destination] = [addressOf(from, family), addressOf(to, family)];
    expect([source, destination]).not.toContain('');
    const judged = judgeFlow(bench.cluster, {
      protocol: 'tcp',
      source: { address: source, port: 40_000 },
      destination: { address: destination, port: 8080 },
    });
    expect(judged?.verdict.outcome).toBe(outcome);
    if (from === 'client' || outcome === 'not-admitted') continue;
    expect(bench.ask('node-a', 'client:8080', family)).toBe('answered');
  }
});

// Asked last: it lets the cluster's time pass.
test.each([
  ['shop/client', 'node-a cni0', 0],
  ['node-a cni0', 'shop/client', 0],
  ['shop/client', 'node-b cni0', 1],
] as const)('sim reach from %s to %s ends with %i', (from, to, exitCode) => {
  const named = (place: string, family: IpVersion) =>
    place.startsWith('shop/') ? place : addressOf(place, family);
  for (const family of [4, 6] as const) {
    const [source, destination] = [named(from, family), named(to, family)];
    const asked = family === 6 && !to.startsWith('shop/') ? `[${destination}]` : destination;
    const answer = answerReach(bench.cluster, { ask: 'cell', from: source, to: `${asked}:8080` });
    expect(answer).toMatchObject({ exitCode });
  }
});
