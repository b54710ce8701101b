import type { ReactNode } from 'react';
import { LANDING_BREAKS, type BreakId } from '#lib/sandbox/landing-breaks.ts';
import type { ShownTrace, Topology } from '#lib/sandbox/protocol.ts';
import { BreakIt } from './break-it.tsx';
import { BreakButtons, LandingFigureBody, LandingVerdict } from './landing-figure.tsx';
import './landing.css';

interface LandingPageProps {
  readonly chosen: BreakId;
  readonly trace: ShownTrace;
  readonly topology: Topology;
  readonly firstLesson: { readonly href: string };
  /** What has to be said before anything else. */
  readonly notice: ReactNode;
}

/** What a stranger sees: one sentence, and a packet to break. */
export function LandingPage({ chosen, trace, topology, firstLesson, notice }: LandingPageProps) {
  const lesson = LANDING_BREAKS.find(({ id }) => id === chosen)?.lesson ?? '';
  return (
    <main id="main" className="land">
      <section className="hero">
        <div className="say">
          {notice}
          <h1>Explain where the packet went, and which line decided.</h1>
          <p>
            Hopwise prepares you for Kubernetes networking interviews with a cluster network that
            runs in this page, one packet at a time.
          </p>
          <div className="cta">
            <a className="btn primary" href={firstLesson.href}>
              Start with the first lesson
            </a>
            <a className="btn" href="/sandbox">
              Open the sandbox
            </a>
          </div>
          <p className="small dim">
            No account needed. What you do here is kept and moves with you when you sign up.
          </p>
        </div>
        <BreakIt>
          <header className="row live-head">
            <b>Break it</b>
            <span className="small dim">then say what the client sees</span>
            <span className="end">
              <LandingVerdict trace={trace} />
            </span>
          </header>
          <div className="brk" role="group" aria-label="Break it">
            <BreakButtons breaks={LANDING_BREAKS} chosen={chosen} />
          </div>
          <LandingFigureBody trace={trace} topology={topology} lesson={lesson} />
        </BreakIt>
      </section>
      <HowItGoes />
      <section className="fid">
        <h2>Who says it is right?</h2>
        <p>
          Three judges we did not write: upstream conformance tables, the Linux kernel loading the
          same rules, and an unmodified kubectl. What is simplified is listed beside the results.{' '}
          <a href="/fidelity">Fidelity report</a>
        </p>
      </section>
    </main>
  );
}

function HowItGoes() {
  return (
    <section className="how" aria-label="How it goes">
      <article>
        <span className="cap">1 Predict</span>
        <h2>Say it before you see it</h2>
        <p>
          A question on a live figure, with how sure you are. Being wrong here is the useful part.
        </p>
      </article>
      <article>
        <span className="cap">2 See</span>
        <h2>Every hop names its reason</h2>
        <p>The route, the rule, the conntrack entry, and the object that put it there.</p>
      </article>
      <article>
        <span className="cap">3 Fix</span>
        <h2>Break nothing else</h2>
        <p>
          Exercises are proven solvable. A fix counts when the symptom is gone and nothing new is
          reachable.
        </p>
      </article>
      <article>
        <span className="cap">4 Keep</span>
        <h2>Come back before you forget</h2>
        <p>What you got wrong, above all with certainty, returns on the day you need it.</p>
      </article>
    </section>
  );
}
