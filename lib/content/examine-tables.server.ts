import 'server-only';
import type { Content, Lesson } from './content.ts';
import { makeReachability } from './figure.server.ts';
import type { Examined } from './find-content-problems.ts';

type Attributes = Readonly<Record<string, string>>;

/** Tables of who reaches whom are about workloads, namespaces and ports that their clusters have. */
export function examineTables(content: Content): Examined[] {
  return [...content.lessons.values()].flatMap((lesson) =>
    lesson.page.outline.elements
      .filter(({ name }) => name === 'Reachability')
      .map(({ attributes }) => {
        const about = `lesson ${lesson.slug}: table "${attributes['title'] ?? ''}"`;
        const problem = findTableProblem(lesson, attributes);
        return problem === undefined ? { about } : { about, problem };
      }),
  );
}

function findTableProblem(lesson: Lesson, attributes: Attributes): string | undefined {
  const scenario = lesson.scenarios.get(attributes['scenario'] ?? '');
  if (scenario === undefined) return 'there is no such scenario';
  const { focus, namespaces, port } = attributes;
  if (port !== undefined && !/^(TCP|UDP|SCTP) \d{1,5}$/.test(port)) return `${port} is no port`;
  const { ends } = makeReachability(scenario, {});
  const ids = ends.map(({ id }) => id);
  if (focus !== undefined && !ids.includes(focus)) return `there is no workload ${focus}`;
  const absent = namespaces
    ?.split(/,\s*/)
    .find((namespace) => !ids.some((id) => id.startsWith(`${namespace}/`)));
  return absent === undefined ? undefined : `there is no workload in the namespace ${absent}`;
}
