import type { Metadata } from 'next';
import { BREAK_IDS, type BreakId } from '#lib/sandbox/landing-breaks.ts';
import { landingFigure } from '#lib/sandbox/server/landing-figure.server.ts';
import { LandingPage } from '#components/landing/landing-page.tsx';

export const metadata: Metadata = {
  title: { absolute: 'Kubernetes networking, packet by packet · Hopwise' },
};

interface PageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const asBreak = (value: string | string[] | undefined): BreakId =>
  BREAK_IDS.find((id) => id === value) ?? 'nothing';

export default async function Page({ searchParams }: PageProps) {
  const chosen = asBreak((await searchParams)['break']);
  const { trace, topology } = landingFigure(chosen);
  return (
    <LandingPage
      chosen={chosen}
      trace={trace}
      topology={topology}
      firstLesson={{ href: '/learn' }}
    />
  );
}
