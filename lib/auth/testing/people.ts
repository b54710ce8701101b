import { db } from '#lib/db/client.server.ts';
import { hashPassword } from '../passwords.server.ts';
import type { KnownViewer, Role } from '../viewer.ts';

export const PASSWORD = 'a long walk home';

/** A user with PASSWORD and an address of their own. */
export async function addUser(role: Role = 'LEARNER') {
  const email = `${crypto.randomUUID()}@example.com`;
  return db().user.create({
    data: { email, role, name: 'A person', passwordHash: await hashPassword(PASSWORD) },
  });
}

/** The same as somebody who looks at a page. */
export async function addViewer(role: Role = 'LEARNER'): Promise<KnownViewer> {
  const { id, email, name } = await addUser(role);
  return { kind: 'user', id, email, name, role, theme: 'system', loginSessionId: null };
}

export function addAttempt(userId: string, more: { key?: string } = {}) {
  return db().attempt.create({
    data: {
      userId,
      key: more.key ?? crypto.randomUUID(),
      requestHash: 'hash',
      kind: 'QUIZ_ITEM',
      contentId: 'services',
      itemId: 'one',
      revision: 'r1',
      answer: { chosen: ['a'] },
      verdict: { isCorrect: true },
      isCorrect: true,
      skillIds: ['services-recall'],
    },
  });
}
