'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { clientAddress } from '#lib/auth/client-address.server.ts';
import type { FormState } from '#lib/auth/form-state.ts';
import { followLink, readLink } from '#lib/auth/one-time-links.server.ts';
import { answerForm, field, limited, parseForm, problem } from '#lib/auth/parse-form.server.ts';
import { passwordProblem } from '#lib/auth/password-problem.server.ts';
import { consume } from '#lib/auth/rate-limit.server.ts';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { letIn } from '../../let-in.ts';

const GONE =
  'This link does not work any more: it was used, or it is too old. Ask an administrator for a new one.';

const linkForm = z.object({
  token: z.string().min(1).max(100),
  email: z.union([z.literal(''), field.email]).default(''),
  name: field.name,
  password: field.newPassword,
});

export async function followLinkAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(linkForm, form);
    if (!parsed.ok) return parsed.state;
    const { token, email, name, password } = parsed.value;
    const allowed = await consume('link-address', await clientAddress());
    if (!allowed.isAllowed) return limited(allowed.retryAfterSeconds);
    const link = await readLink(token);
    if (!link) return problem(GONE);
    const values = { email, name };
    if (link.purpose === 'FIRST_ADMIN' && email === '') {
      return problem('Look at the marked fields.', {
        fields: { email: 'Enter an e-mail address.' },
        values,
      });
    }
    const bad = passwordProblem(password, link.email ?? email);
    if (bad) return problem('Choose another password.', { fields: { password: bad }, values });
    const viewer = await getViewer();
    const guestId = viewer.kind === 'guest' ? viewer.id : null;
    const answer = await followLink({ token, password, name, email, guestId });
    if (answer.kind === 'gone') return problem(GONE);
    if (answer.kind === 'taken')
      return problem('There is an account with this e-mail address already.', { values });
    await letIn(answer.user);
    redirect(answer.user.role === 'ADMIN' ? '/admin' : '/');
  }, form);
}
