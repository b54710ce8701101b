import { connectionLines, type ConnectionLine } from './manifests/connection-lines.ts';
import { ingressLines } from './manifests/ingress-lines.ts';
import { openManifests } from './manifests/open-manifests.ts';
import { podNetworksOf, type PodNetwork } from './manifests/pod-networks.ts';
import { flattenLists, nameOfWorkload, workloadOf } from './manifests/read-manifests.ts';
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

/** Kinds that give pods networks in ways that are not looked at. */
const OTHER_NETWORKS: readonly string[] = ['ClusterUserDefinedNetwork'];

const isWorkload = (end: string) => end.includes('/');

/** Workloads that the lines of a case name. */
const namedWorkloads = ({ expected }: ConnectionCase) =>
  new Set(expected.flatMap(({ src, dst }) => [src, dst]).filter(isWorkload));

const workloadsOf = (manifests: readonly Manifest[]) =>
  new Set(manifests.flatMap((each) => workloadOf(each) ?? []).map(nameOfWorkload));

const LENT =
  'policies of the case, workloads of another case that has exactly those its lines name';

interface CaseManifests {
  readonly manifests: readonly Manifest[];
  readonly areLent: boolean;
}

const isLendable = (manifest: Manifest) => manifest.kind === 'Namespace' || isOfWorkload(manifest);

/**
 * What a case is about. Some have policies alone, and their lines name workloads that the table does not hold with them.
 * Those are taken from the other cases of the file that have every workload that the lines name and no other, whatever
 * the cases are called; when several have them, and not alike, from none. That reads the expected lines and is a guess at
 * what upstream had beside the policies: such lines are counted apart.
 */
function manifestsOf(
  each: ConnectionCase,
  cases: readonly ConnectionCase[],
): CaseManifests | undefined {
  const own = flattenLists(each.manifests);
  const named = namedWorkloads(each);
  if (named.size === 0 || own.some(isOfWorkload)) return { manifests: own, areLent: false };
  const offers = new Map<string, readonly Manifest[]>();
  for (const other of cases) {
    const lent = flattenLists(other.manifests).filter(isLendable);
    const found = workloadsOf(lent);
    const areThose = found.size === named.size && [...named].every((name) => found.has(name));
    if (areThose) offers.set(JSON.stringify(lent), lent);
  }
  const [lent] = offers.values();
  return lent && offers.size === 1 ? { manifests: [...lent, ...own], areLent: true } : undefined;
}

const isOfWorkload = (manifest: Manifest) =>
  manifest.kind === 'VirtualMachine' || workloadOf(manifest) !== undefined;

const pairOf = ({ src, dst }: ConnectionLine) => `${src} => ${dst}`;

function compareLines(
  name: string,
  expected: readonly ConnectionLine[],
  seen: readonly ConnectionLine[],
  tally: Tally,
): void {
  // The same pair may stand there once for each network that it has in common.
  const ours = new Map<string, string[]>();
  for (const line of seen) {
    ours.set(pairOf(line), [...(ours.get(pairOf(line)) ?? []), line.allowed]);
  }
  for (const line of expected) {
    const found = ours.get(pairOf(line)) ?? [];
    const [taken] = found.splice(Math.max(0, found.indexOf(line.allowed)), 1);
    tally.compare({ case: name, probe: pairOf(line) }, line.allowed, taken ?? 'no connection');
  }
  for (const [probe, left] of ours) {
    for (const allowed of left) tally.compare({ case: name, probe }, 'no connection', allowed);
  }
}

/** The lines of one network, with refusals of its policies as failures. */
function linesOf(network: PodNetwork, about: string, tally: Tally): ConnectionLine[] {
  const { manifests, suffix, hasOutside, addresses } = network;
  const { cluster, owners, refusals } = openManifests(manifests);
  for (const refusal of refusals) {
    tally.compare({ case: about, probe: 'manifests' }, 'accepted', refusal);
  }
  const shown = (end: string) => (isWorkload(end) ? end.replace('/', `${suffix}/`) : end);
  const lines = [
    ...connectionLines(cluster, { owners, addresses, hasOutside }),
    ...(hasOutside ? ingressLines(cluster, manifests, owners) : []),
  ];
  return lines.map(({ src, dst, allowed }) => ({ src: shown(src), dst: shown(dst), allowed }));
}

function skipReason(found: CaseManifests | undefined): string | undefined {
  if (!found) return 'the manifests hold none of the workloads that the lines name';
  return found.manifests.some(({ kind = '' }) => OTHER_NETWORKS.includes(kind))
    ? 'networks of several namespaces are not looked at'
    : undefined;
}

function runCase(each: ConnectionCase, cases: readonly ConnectionCase[], tally: Tally): void {
  const found = manifestsOf(each, cases);
  const reason = skipReason(found);
  if (!found || reason !== undefined) {
    for (const line of each.expected) {
      tally.skip({ case: each.id, probe: pairOf(line) }, reason ?? '');
    }
    return;
  }
  const counted = found.areLent ? tally.apartAs(LENT) : tally;
  const networks = podNetworksOf(found.manifests);
  const seen = networks.flatMap((network) => linesOf(network, each.id, counted));
  compareLines(each.id, each.expected, seen, counted);
}

/** Connections that an analyzer of manifests finds: workloads, addresses outside, ingress controllers. */
export const npguardConnlist: Suite = {
  name: 'npguard_connlist',
  unit: 'connection line',
  run(file) {
    const tally = new Tally();
    const { cases } = file as ConnectionFile;
    for (const each of cases) tally.guard(each.id, () => runCase(each, cases, tally));
    return tally.result();
  },
};
