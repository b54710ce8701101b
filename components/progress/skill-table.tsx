import type { SkillStanding } from '#lib/progress/fold-mastery.ts';
import { MASTERY_WORDS, MasteryMark } from './mastery-mark.tsx';
import './progress.css';

/** `services.debug` for people: the module's title and the verb. */
const nameOf = (skillId: string, titles: ReadonlyMap<string, string>) => {
  const [module = '', verb = ''] = skillId.split('.');
  return { title: titles.get(module) ?? module, verb };
};

const dateOf = (date: Date) =>
  date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });

interface SkillTableProps {
  readonly skills: readonly SkillStanding[];
  readonly titles: ReadonlyMap<string, string>;
}

/** Every skill that something asks for, with where the learner stands and on how many answers that rests. */
export function SkillTable({ skills, titles }: SkillTableProps) {
  return (
    <div className="table-scroll" role="region" aria-label="Skills" tabIndex={0}>
      <table className="table skills">
        <thead>
          <tr>
            <th scope="col">Skill</th>
            <th scope="col">State</th>
            <th scope="col">Right</th>
            <th scope="col">Due</th>
          </tr>
        </thead>
        <tbody>
          {skills.map(({ skillId, mastery, answers, right, dueAt }) => {
            const { title, verb } = nameOf(skillId, titles);
            return (
              <tr key={skillId}>
                <th scope="row">
                  {title}: {verb}
                </th>
                <td>
                  <span className="mastery">
                    <MasteryMark mastery={mastery} /> {MASTERY_WORDS[mastery]}
                  </span>
                </td>
                <td>{answers === 0 ? 'none yet' : `${right} of ${answers}`}</td>
                <td>{dueAt ? dateOf(dueAt) : 'not yet'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
