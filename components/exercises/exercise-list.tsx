import Link from 'next/link';
import type { Route } from 'next';
import type { ExerciseCard } from '#lib/exercises/publish-exercise.ts';
import { CircleCheckIcon } from '#components/ui/icons.tsx';
import './exercises.css';

interface ExerciseListProps {
  readonly exercises: readonly ExerciseCard[];
  readonly passed: ReadonlySet<string>;
}

/** All exercises: the symptom, how long it takes, and whether it is done. */
export function ExerciseList({ exercises, passed }: ExerciseListProps) {
  if (exercises.length === 0) return <p className="dim">There are no exercises yet.</p>;
  return (
    <ul className="exercise-list">
      {exercises.map(({ slug, title, summary, minutes, level, par }) => (
        <li key={slug} className="panel">
          <p className="plate row">
            {level} · about {minutes} minutes · par {par} {par === 1 ? 'change' : 'changes'}
            {passed.has(slug) && (
              <span className="end v soft delivered">
                <CircleCheckIcon size={14} />
                Passed
              </span>
            )}
          </p>
          <h2>
            <Link href={`/exercises/${slug}` as Route}>{title}</Link>
          </h2>
          <p className="dim">{summary}</p>
        </li>
      ))}
    </ul>
  );
}
