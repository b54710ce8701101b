import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import type { Cluster } from '../../cluster.ts';
import type { Lane } from './lanes.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import type { ProbeView } from './probe-program.ts';
import { sendProbes, type ProbeBatch } from './send-probes.ts';
import { serviceName } from './service-of-pod.ts';

/** Who reaches whom on one port: a row for each source, a letter for each destination, both in the order of the pods. */
export interface ReachabilityTable {
  readonly protocol: PolicyProtocol;
  readonly port: number;
  /** `.` reachable, `X` not, `N` nobody listens there; everything else is not asked. */
  readonly rows: readonly string[];
}

/** How a destination is called: by its Service's name, by the address of its Service, or by its own. */
export type CallBy = 'service-name' | 'service-address' | 'pod-address';

export interface MatrixQuestion {
  readonly case: string;
  readonly podOrder: readonly string[];
  readonly tables: readonly ReachabilityTable[];
  readonly callBy: CallBy;
}

function podAddress({ store }: Cluster, key: string): string {
  const [namespace, name = ''] = key.split('/');
  return store.get<Pod>('Pod', namespace, name)?.status?.podIP ?? '';
}

/** A pod calls itself by its own address: what goes by its Service may leave it. */
function hostOf(cluster: Cluster, from: string, to: string, callBy: CallBy): string {
  if (from === to || callBy === 'pod-address') return podAddress(cluster, to);
  const [namespace = '', name = ''] = to.split('/');
  const service = cluster.store.get<Service>('Service', namespace, serviceName(name));
  if (!service) return podAddress(cluster, to);
  return callBy === 'service-name'
    ? `${serviceName(name)}.${namespace}.svc.${cluster.options.clusterDomain}`
    : (service.spec.clusterIP ?? '');
}

/** What is dropped is silence; a refusal, an error or a probe that nobody could send is neither letter, and fails. */
function letterOf(view: ProbeView | undefined): string {
  if (view === 'answered') return '.';
  return view === 'silence' ? 'X' : (view ?? 'not sent');
}

interface Cell {
  readonly batch: ProbeBatch;
  readonly tables: readonly ReachabilityTable[];
  readonly row: number;
  readonly column: number;
}

const letterAt = ({ rows }: ReachabilityTable, row: number, column: number) => rows[row]?.[column];

const isAsked = (letter: string | undefined) => letter === '.' || letter === 'X' || letter === 'N';

/** One batch for each pair, with all ports of it. */
function cellsOf(cluster: Cluster, { podOrder, tables, callBy }: MatrixQuestion): Cell[] {
  return podOrder.flatMap((from, row) =>
    podOrder.flatMap((to, column): Cell[] => {
      const asked = tables.filter((each) => row === column || isAsked(letterAt(each, row, column)));
      const questions = asked.map(({ protocol, port }) => ({ protocol, port }));
      if (questions.length === 0) return [];
      const host = hostOf(cluster, from, to, callBy);
      const batch: ProbeBatch = { from: { type: 'pod', key: from }, host, questions };
      return [{ batch, tables: asked, row, column }];
    }),
  );
}

/** Asks all cells of the tables at once and compares; the diagonal is counted apart. */
export function probeMatrix(cluster: Cluster, question: MatrixQuestion, lane: Lane): void {
  const { podOrder } = question;
  const cells = cellsOf(cluster, question);
  const views = sendProbes(
    cluster,
    cells.map(({ batch }) => batch),
  );
  for (const [at, { batch, tables, row, column }] of cells.entries()) {
    for (const [index, table] of tables.entries()) {
      const { protocol, port } = table;
      const view = views[at]?.[index];
      const pair = `${podOrder[row]} -> ${podOrder[column]} ${protocol}/${port}`;
      const about = { case: question.case, probe: pair };
      if (row === column) lane.itself.compare(about, '.', letterOf(view), view);
      else {
        const expected = letterAt(table, row, column) ?? '';
        const seen = expected === 'N' && view !== 'answered' ? 'N' : letterOf(view);
        lane.tally.compare(about, expected, seen, `${batch.host}: ${view}`);
      }
    }
  }
}
