import Link from 'next/link';
import type { Route } from 'next';
import type { Lesson, Module } from '#lib/content/content.ts';
import { CircleCheckIcon, CircleDashedIcon } from '#components/ui/icons.tsx';
import './module-map.css';

type States = ReadonlyMap<string, 'started' | 'finished'>;

interface ModuleMapProps {
  readonly modules: readonly Module[];
  readonly lessons: ReadonlyMap<string, Lesson>;
  readonly states: States;
}

const WORDS = { started: 'Started', finished: 'Finished' } as const;

/** All modules in their groups. A module without lessons says that it is planned; nothing leads nowhere. */
export function ModuleMap({ modules, lessons, states }: ModuleMapProps) {
  const groups = [...new Set(modules.map(({ group }) => group))];
  return groups.map((group) => (
    <section key={group} className="map-group">
      <h2>{group}</h2>
      <ol className="map">
        {modules
          .filter((module) => module.group === group)
          .map((module) => (
            <ModuleRow key={module.slug} module={module} lessons={lessons} states={states} />
          ))}
      </ol>
    </section>
  ));
}

interface ModuleRowProps extends Omit<ModuleMapProps, 'modules'> {
  readonly module: Module;
}

function ModuleRow({ module, lessons, states }: ModuleRowProps) {
  const isPlanned = module.lessons.length === 0;
  return (
    <li className={isPlanned ? 'map-module planned' : 'map-module'}>
      <span className="map-no">{module.number}</span>
      <div>
        <h3>
          {isPlanned ? (
            module.title
          ) : (
            <Link href={`/learn/${module.slug}` as Route}>{module.title}</Link>
          )}
        </h3>
        <p className="small dim">{module.about}</p>
        <LessonLinks module={module} lessons={lessons} states={states} />
      </div>
      {isPlanned && <span className="small dim map-state">Planned</span>}
    </li>
  );
}

/** The lessons of a module, with what was done of each. */
export function LessonLinks({ module, lessons, states }: ModuleRowProps) {
  return (
    <ul>
      {module.lessons.map((slug) => {
        const lesson = lessons.get(slug);
        const state = states.get(slug);
        return (
          lesson && (
            <li key={slug} className="row map-lesson">
              {state === 'finished' ? (
                <CircleCheckIcon size={16} />
              ) : (
                <CircleDashedIcon size={16} />
              )}
              <Link href={`/learn/${module.slug}/${slug}` as Route}>{lesson.front.title}</Link>
              <span className="small dim end nowrap">
                {state === undefined ? `${lesson.front.minutes} min` : WORDS[state]}
              </span>
            </li>
          )
        );
      })}
    </ul>
  );
}
