import { podsOf } from './build-scenario.ts';
import { isOwnAddress, type Measurement, type Target } from './measure.ts';
import type { TableScenario } from './scenario.ts';

const KINDS: Readonly<Record<Target['kind'], string>> = {
  pods: 'Pods by IP',
  services: 'Services by address',
  nodes: 'Node ports',
};

const LEGEND = [
  'Rows ask, columns are asked. "ok a": a pod on node-a answers, "ok ab": pods on both answer.',
  "*: the pod that answers sees an address that is not the client's own (masquerade).",
  'With a slash: it depends on the endpoint that is chosen.',
];

/** `ok ab*`, `refused`, `ok a/unreachable`. */
function cellOf(measurement: Measurement, scenario: TableScenario, row: number, column: number) {
  const client = measurement.clients[row];
  const target = measurement.targets[column];
  const answers = measurement.answers[row]?.[column] ?? [];
  const answered = answers.flatMap((answer) => (answer.type === 'ok' ? [answer] : []));
  const who = answered.map(({ pod, seenAs }) => {
    const node = podsOf(scenario)
      .find(({ name }) => name === pod)
      ?.node.replace(/^node-/, '');
    const mask = client && !isOwnAddress(measurement, client, seenAs) ? '*' : '';
    return `${target?.kind === 'pods' ? '' : (node ?? '?')}${mask}`;
  });
  const space = target?.kind === 'pods' ? '' : ' ';
  const good = who.length > 0 ? [`ok${space}${[...new Set(who)].sort().join('')}`] : [];
  const bad = answers.flatMap(({ type }) => (type === 'ok' ? [] : [type]));
  return [...good, ...[...new Set(bad)].sort()].join('/');
}

function printGrid(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A scenario's truth table as text: one grid for each kind of target. */
export function printTable(scenario: TableScenario, measurement: Measurement): string {
  const { clients, targets, cluster } = measurement;
  const { cni, proxyMode } = cluster.options;
  const grids = (['pods', 'services', 'nodes'] as const).flatMap((kind) => {
    const columns = targets.flatMap((target, column) => (target.kind === kind ? [column] : []));
    if (columns.length === 0) return [];
    const head = ['', ...columns.map((column) => targets[column]?.label ?? '')];
    const body = clients.map(({ name }, row) => [
      name,
      ...columns.map((column) => cellOf(measurement, scenario, row, column)),
    ]);
    return ['', KINDS[kind], ...printGrid([head, ...body])];
  });
  const head = [`CNI ${cni}, kube-proxy ${proxyMode}. ${scenario.about}`, ...LEGEND];
  return `${[...head, ...grids].join('\n')}\n`;
}
