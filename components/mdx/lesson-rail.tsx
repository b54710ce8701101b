import Link from 'next/link';
import type { Route } from 'next';
import type { Module } from '#lib/content/content.ts';

interface LessonRailProps {
  readonly modules: readonly Module[];
  /** Slug of the module that is open. */
  readonly current: string;
}

/** All modules beside a lesson on wide screens. What is not written yet is a word, not a link. */
export function LessonRail({ modules, current }: LessonRailProps) {
  const groups = [...new Set(modules.map(({ group }) => group))];
  return (
    <nav className="lesson-rail" aria-label="Curriculum">
      {groups.map((group) => (
        <section key={group}>
          <h2 className="cap">{group}</h2>
          <ol>
            {modules
              .filter((module) => module.group === group)
              .map(({ slug, number, title, lessons }) => (
                <li key={slug} className={slug === current ? 'now' : undefined}>
                  <span>{number}</span>
                  {lessons.length > 0 ? (
                    <Link
                      href={`/learn/${slug}` as Route}
                      aria-current={slug === current ? 'true' : undefined}
                    >
                      {title}
                    </Link>
                  ) : (
                    <span>
                      {title} <span className="xs">planned</span>
                    </span>
                  )}
                </li>
              ))}
          </ol>
        </section>
      ))}
    </nav>
  );
}
