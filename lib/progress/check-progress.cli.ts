/**
 * `npm run progress:check` with DATABASE_URL: is what is stored of everybody's reviews what their attempts fold to?
 * Exit 0: yes. 1: no, with a line for each difference.
 */
import { db } from '#lib/db/client.server.ts';
import { findUnequalCards } from '#lib/review/rebuild-review-cards.server.ts';

const users = await db().user.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
let differences = 0;
for (const { id } of users) {
  for (const skillId of await findUnequalCards(id)) {
    differences += 1;
    console.log(`${id}: ${skillId} is stored otherwise than its attempts say`);
  }
}
const [attempts, cards] = await Promise.all([db().attempt.count(), db().reviewCard.count()]);
console.log(
  `${users.length} learners, ${attempts} attempts, ${cards} review cards, ${differences} differences`,
);
process.exitCode = differences === 0 ? 0 : 1;
await db().$disconnect();
