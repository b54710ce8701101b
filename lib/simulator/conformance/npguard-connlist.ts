import { connectionLines, type ConnectionLine } from './manifests/connection-lines.ts';
import { ingressLines } from './manifests/ingress-lines.ts';
import { openManifests } from './manifests/open-manifests.ts';
import { flattenLists } from './manifests/read-manifests.ts';
import type { Manifest } from './policies/write-objects.ts';
import { Tally, type Suite } from './suite.ts';

interface ConnectionCase {
  readonly id: string;
  readonly manifests: readonly Manifest[];
  readonly expected: readonly ConnectionLine[];
}

interface ConnectionFile {
  readonly cases: readonly ConnectionCase[];
}

/** Kinds of machines that give pods more networks than one, or are no pods themselves. */
const OTHER_NETWORKS: readonly string[] = [
  'NetworkAttachmentDefinition',
  'UserDefinedNetwork',
  'ClusterUserDefinedNetwork',
  'MultiNetworkPolicy',
  'VirtualMachine',
  'VirtualMachineInstance',
];

const isWorkload = (end: string) => end.includes('/');

/** Why a case cannot be asked of this simulator; undefined when it can. */
function skipReason(
  { expected }: ConnectionCase,
  manifests: readonly Manifest[],
  known: ReadonlySet<string>,
) {
  if (manifests.some(({ kind = '' }) => OTHER_NETWORKS.includes(kind))) {
    return 'pods on several networks and virtual machines are not simulated';
  }
  const named = expected.flatMap(({ src, dst }) => [src, dst]).filter(isWorkload);
  return named.length > 0 && named.every((name) => !known.has(name))
    ? 'the manifests hold none of the workloads that the lines name'
    : undefined;
}

const pairOf = ({ src, dst }: ConnectionLine) => `${src} => ${dst}`;

function compareLines(
  name: string,
  expected: readonly ConnectionLine[],
  seen: readonly ConnectionLine[],
  tally: Tally,
): void {
  const ours = new Map(seen.map((line) => [pairOf(line), line.allowed]));
  for (const line of expected) {
    const pair = pairOf(line);
    tally.compare({ case: name, probe: pair }, line.allowed, ours.get(pair) ?? 'no connection');
    ours.delete(pair);
  }
  for (const [pair, allowed] of ours) {
    tally.compare({ case: name, probe: pair }, 'no connection', allowed);
  }
}

function runCase(each: ConnectionCase, tally: Tally): void {
  const manifests = flattenLists(each.manifests);
  const { cluster, owners, refusals } = openManifests(manifests);
  const reason = skipReason(each, manifests, new Set(owners.values()));
  if (reason !== undefined) {
    for (const line of each.expected) tally.skip({ case: each.id, probe: pairOf(line) }, reason);
    return;
  }
  for (const refusal of refusals) {
    tally.compare({ case: each.id, probe: 'manifests' }, 'accepted', refusal);
  }
  const seen = [...connectionLines(cluster, owners), ...ingressLines(cluster, manifests, owners)];
  compareLines(each.id, each.expected, seen, tally);
}

/** Connections that an analyzer of manifests finds: workloads, addresses outside, ingress controllers. */
export const npguardConnlist: Suite = {
  name: 'npguard_connlist',
  unit: 'connection line',
  run(file) {
    const tally = new Tally();
    for (const each of (file as ConnectionFile).cases) runCase(each, tally);
    return tally.result();
  },
};
