import type { Metadata, Route } from 'next';
import Link from 'next/link';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { loadProgress } from '#lib/progress/load-progress.server.ts';
import { SkillTable } from '#components/progress/skill-table.tsx';
import '#components/progress/progress.css';

export const metadata: Metadata = { title: 'Progress' };

const LESSON_WORDS = { new: 'Not begun', started: 'Begun', finished: 'Finished' } as const;

export default async function ProgressPage() {
  const viewer = await getViewer();
  const [{ modules }, progress] = await Promise.all([
    loadContent(),
    loadProgress(viewer, new Date()),
  ]);
  return (
    <main id="main" className="page">
      <h1>Progress</h1>
      {progress.isEmpty && (
        <p className="lede">
          Nothing yet. What you answer and repair is counted here, skill by skill.{' '}
          <Link href={'/learn'}>Begin with a lesson</Link>
        </p>
      )}
      {viewer.kind === 'guest' && !progress.isEmpty && (
        <p className="dim">
          This is kept for this browser. <Link href={'/signin'}>Sign up</Link> to find it on other
          devices.
        </p>
      )}
      <h2>Lessons and exercises</h2>
      <ul className="done-list">
        {progress.lessons.map(({ title, href, state }) => (
          <li key={href}>
            <Link href={href as Route}>{title}</Link>
            <span>{LESSON_WORDS[state]}</span>
          </li>
        ))}
        {progress.exercises.map(({ title, href, isPassed }) => (
          <li key={href}>
            <Link href={href as Route}>{title}</Link>
            <span>{isPassed ? 'Passed' : 'Open'}</span>
          </li>
        ))}
      </ul>
      <h2>Skills</h2>
      <p className="dim">
        Proficient means right in at least 85 % of the last five answers, a fresh cluster among
        them; mastered, right in mixed reviews on days at least three days apart. Both fade when a
        review is overdue.
      </p>
      <SkillTable
        skills={progress.skills}
        titles={new Map(modules.map(({ slug, title }) => [slug, title]))}
      />
    </main>
  );
}
