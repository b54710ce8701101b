import { ClockIcon, WarningIcon } from '#components/ui/icons.tsx';
import './home.css';

export interface HomeData {
  readonly continue?: { readonly title: string; readonly href: string; readonly note: string };
  readonly due: {
    readonly count: number;
    readonly minutes: number;
    readonly wrongAndCertain: number;
  };
}

interface HomePageProps {
  readonly home: HomeData;
  /** Empty for guests. */
  readonly name: string;
  readonly isGuest: boolean;
}

const items = (count: number) => (count === 1 ? '1 item' : `${count} items`);

/** Home for whoever has begun: where to go on, what is due, and the cluster. */
export function HomePage({ home, name, isGuest }: HomePageProps) {
  return (
    <main id="main" className="page home">
      <h1>{name === '' ? 'Where you left off' : `Hello, ${name}`}</h1>
      {isGuest && (
        <p className="dim">
          Your work is kept for this browser. <a href="/signin">Sign up</a> to find it on other
          devices.
        </p>
      )}
      <section className="three" aria-label="Today">
        <Continue next={home.continue} />
        <Due due={home.due} />
        <article className="act">
          <span className="cap">Sandbox</span>
          <h2>A shop to take apart</h2>
          <p className="dim">
            Two nodes, a Service with two pods, a terminal. Break something and follow the packet.
          </p>
          <a className="btn" href="/sandbox">
            Open the sandbox
          </a>
        </article>
      </section>
    </main>
  );
}

function Continue({ next }: { readonly next: HomeData['continue'] }) {
  return (
    <article className="act">
      <span className="cap">Continue</span>
      <h2>{next?.title ?? 'You are through all there is'}</h2>
      <p className="dim">
        {next?.note ?? 'New lessons come with new versions. Until then, keep what you know.'}
      </p>
      <RouteStrip />
      <a className="btn primary" href={next?.href ?? '/practice'}>
        {next ? 'Continue' : 'Practise'}
      </a>
    </article>
  );
}

function Due({ due }: { readonly due: HomeData['due'] }) {
  if (due.count === 0)
    return (
      <article className="act">
        <span className="cap">Due today</span>
        <h2>Nothing is due</h2>
        <p className="dim">What you answered returns here on the day before you would forget it.</p>
        <a className="btn" href="/progress">
          Where you stand
        </a>
      </article>
    );
  return (
    <article className="act">
      <span className="cap">Due today</span>
      <h2>
        {items(due.count)}, about {due.minutes} min
      </h2>
      <ul className="due">
        {due.wrongAndCertain > 0 && (
          <li>
            <WarningIcon size={16} />
            <span>{due.wrongAndCertain} wrong and certain</span>
            <em>first</em>
          </li>
        )}
        {due.count > due.wrongAndCertain && (
          <li>
            <ClockIcon size={16} />
            <span>{due.count - due.wrongAndCertain} about to fade</span>
          </li>
        )}
      </ul>
      <a className="btn" href="/practice">
        Start review
      </a>
    </article>
  );
}

/** A packet between two stations: decoration for the one thing to do next. */
function RouteStrip() {
  return (
    <svg className="strip" viewBox="0 0 140 26" aria-hidden="true">
      <path d="M8 13H66" stroke="currentColor" strokeWidth="3" />
      <path
        d="M66 13H132"
        stroke="currentColor"
        strokeWidth="2"
        strokeDasharray="4 4"
        opacity=".55"
      />
      <rect x="3" y="8" width="10" height="10" rx="1" fill="currentColor" />
      <rect
        x="53"
        y="4"
        width="26"
        height="18"
        rx="2"
        fill="var(--mark)"
        stroke="currentColor"
        strokeWidth="1.5"
      />
      <path d="M61 4v18M65 9h10M65 13h10M65 17h6" stroke="var(--on-mark)" strokeWidth="1.4" />
      <rect
        x="126"
        y="8"
        width="10"
        height="10"
        rx="1"
        fill="var(--sheet)"
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </svg>
  );
}
