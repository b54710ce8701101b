import type { Metadata } from 'next';
import { getReader } from '#lib/auth/viewer.server.ts';
import { BREAK_IDS, type BreakId } from '#lib/sandbox/landing-breaks.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { landingFigure } from '#lib/sandbox/server/landing-figure.server.ts';
import { loadHome } from '#lib/progress/load-home.server.ts';
import { HomePage } from '#components/home/home-page.tsx';
import { LandingPage } from '#components/landing/landing-page.tsx';
import { UnknownReader } from '#components/progress/unknown-reader.tsx';

export const metadata: Metadata = {
  title: { absolute: 'Kubernetes networking, packet by packet · Hopwise' },
};

interface PageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const asBreak = (value: string | string[] | undefined): BreakId =>
  BREAK_IDS.find((id) => id === value) ?? 'nothing';

/** The first lesson there is, in the order of the curriculum. */
async function firstLessonHref(): Promise<string> {
  const { modules, lessons } = await loadContent();
  for (const { slug } of modules) {
    const lesson = [...lessons.values()].find(({ module }) => module === slug);
    if (lesson) return `/learn/${slug}/${lesson.slug}`;
  }
  return '/learn';
}

export default async function Page({ searchParams }: PageProps) {
  const { break: wanted } = await searchParams;
  const { viewer, isKnown } = await getReader();
  if (viewer.kind !== 'none' && wanted === undefined) {
    const home = await loadHome(viewer, new Date());
    if (home.hasProgress)
      return <HomePage home={home} name={viewer.name} isGuest={viewer.kind === 'guest'} />;
  }
  const chosen = asBreak(wanted);
  const { trace, topology } = landingFigure(chosen);
  const href = await firstLessonHref();
  return (
    <LandingPage
      chosen={chosen}
      trace={trace}
      topology={topology}
      firstLesson={{ href }}
      notice={isKnown ? null : <UnknownReader />}
    />
  );
}
