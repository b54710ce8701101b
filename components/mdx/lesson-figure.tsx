import { FigurePlayer } from '#components/packet-trace/figure-player.tsx';
import { TopologySvg } from '#components/packet-trace/topology-svg.tsx';
import { CircleDashedIcon } from '#components/ui/icons.tsx';
import type { FigureView } from '#lib/quizzes/lesson-view.ts';

interface LessonFigureProps {
  readonly view: FigureView;
  /** `Figure 5.1` and a number of its own. */
  readonly label: string;
  readonly title: string;
}

/** A live figure of a lesson, computed on the server: whole without JavaScript, stepped with it. */
export function LessonFigure({ view, label, title }: LessonFigureProps) {
  if (view.type === 'shown')
    return (
      <FigurePlayer
        trace={view.figure.trace}
        topology={view.figure.topology}
        title={title}
        label={`${label} · live`}
        startAt={view.startAt}
      />
    );
  return (
    <section className="figure figure-waiting" aria-label={label}>
      <header className="row wrap figure-head">
        <span className="cap">{label} · live</span>
        <span className="small dim">{title}</span>
        <span className="end v pending">
          <CircleDashedIcon size={14} />
          Not sent yet
        </span>
      </header>
      <div className="canvas figure-canvas" tabIndex={0} role="group" aria-label="Cluster">
        <TopologySvg
          topology={view.topology}
          shape="wide"
          label={`The cluster before the request: ${sayTopology(view)}`}
        />
      </div>
      <p className="figure-wait small">
        The packet is sent when you have answered. <a href={`#${view.question}`}>To the question</a>
        , or <a href={`?look=${view.question}`}>send it without answering</a>.
      </p>
    </section>
  );
}

function sayTopology({ topology }: Extract<FigureView, { type: 'waiting' }>): string {
  const nodes = topology.nodes.map(({ name, pods }) => {
    const names = pods
      .filter(({ namespace }) => namespace !== 'kube-system')
      .map((pod) => pod.name);
    return `${name} runs ${names.join(', ') || 'no pod of yours'}`;
  });
  const services = topology.services
    .filter(({ namespace }) => namespace !== 'kube-system' && namespace !== 'default')
    .map(({ name, clusterIp }) => `Service ${name} at ${clusterIp ?? 'no address'}`);
  return [...nodes, ...services].join('; ');
}
