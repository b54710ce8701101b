import type { Cluster } from '../../cluster.ts';
import type { Direction } from '../../policy/normal-policy.ts';
import { policyEngineOf } from '../../view/policy-engine-of.ts';
import type { Tally } from '../suite.ts';
import type { ReachabilityTable } from './probe-matrix.ts';

/** What one direction alone lets pass. */
export interface DirectionTable extends ReachabilityTable {
  readonly direction: Direction;
}

export interface DirectionQuestion {
  readonly case: string;
  readonly podOrder: readonly string[];
  readonly tables: readonly DirectionTable[];
}

/** What no table expects stays a word, and fails. */
const LETTERS: Readonly<Record<string, string>> = { admitted: '.', 'not-admitted': 'X' };

const BY_DIRECTION = 'each direction by itself, as verdicts explain it';

/**
 * Compares what verdicts say of each direction. A packet that is dropped where it leaves never tells whether it would have
 * been let in; the engine behind verdicts does. A pod and itself are left out.
 */
export function judgeDirections(
  cluster: Cluster,
  { case: name, podOrder, tables }: DirectionQuestion,
  tally: Tally,
): void {
  const apart = tally.apartAs(BY_DIRECTION);
  const engine = policyEngineOf(cluster);
  const pods = new Map(engine.world.pods.map((pod) => [pod.key, pod]));
  const ends = podOrder.map((key) => {
    const pod = pods.get(key);
    return pod && { address: pod.addresses[0] ?? '', pod };
  });
  for (const { direction, protocol, port, rows } of tables) {
    for (const [row, source] of ends.entries()) {
      for (const [column, destination] of ends.entries()) {
        const letter = rows[row]?.[column];
        if (row === column || (letter !== '.' && letter !== 'X')) continue;
        const outcome =
          source && destination
            ? engine.explain({ source, destination, protocol, port })[direction].outcome
            : 'no such pod';
        const seen = LETTERS[outcome] ?? outcome;
        const probe = `${direction} ${podOrder[row]} -> ${podOrder[column]} ${protocol}/${port}`;
        apart.compare({ case: name, probe }, letter, seen);
      }
    }
  }
}
