import { ReachabilityFocus } from '#components/sandbox/reachability-focus.tsx';
import { ReachabilityTable } from '#components/sandbox/reachability-table.tsx';
import type { TableView } from '#lib/quizzes/lesson-view.ts';

interface LessonReachabilityProps {
  readonly view: TableView;
  readonly title: string;
  /** `namespace/workload` that it is about; absent: everybody. */
  readonly focus: string | undefined;
}

const NO_CHANGES = new Map<string, never>();

/** Who reaches whom in a lesson's cluster: computed on the server, a table without JavaScript. */
export function LessonReachability({ view, title, focus }: LessonReachabilityProps) {
  return (
    <figure className="reach-figure">
      <figcaption>
        <span className="cap">Live table</span> {title}
      </figcaption>
      {view.type === 'waiting' ? (
        <p className="small">
          The table is drawn when you have answered.{' '}
          <a href={`#${view.question}`}>To the question</a>, or{' '}
          <a href={`?look=${view.question}`}>see it without answering</a>.
        </p>
      ) : focus === undefined ? (
        <div className="reach-scroll" tabIndex={0} role="group" aria-label={`${title}, scrolls`}>
          <ReachabilityTable view={view.table} caption={title} />
        </div>
      ) : (
        <ReachabilityFocus view={view.table} focus={focus} changes={NO_CHANGES} />
      )}
      {view.type === 'shown' && view.table.enforcement.sentence !== undefined && (
        <p className="small">{view.table.enforcement.sentence}</p>
      )}
    </figure>
  );
}
