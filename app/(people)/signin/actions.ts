'use server';

import { redirect } from 'next/navigation';
import type { Route } from 'next';
import { z } from 'zod';
import { clientAddress } from '#lib/auth/client-address.server.ts';
import type { FormState } from '#lib/auth/form-state.ts';
import { revokeLoginSession } from '#lib/auth/login-sessions.server.ts';
import { answerForm, field, limited, parseForm, problem } from '#lib/auth/parse-form.server.ts';
import { passwordProblem } from '#lib/auth/password-problem.server.ts';
import { register } from '#lib/auth/register.server.ts';
import { safePath } from '#lib/auth/safe-path.ts';
import { clearSessionCookie } from '#lib/auth/session-cookie.server.ts';
import { checkCredentials } from '#lib/auth/sign-in.server.ts';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { letIn } from '../let-in.ts';

const signInForm = z.object({ email: field.email, password: field.anyPassword, next: field.next });

export async function signInAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(signInForm, form);
    if (!parsed.ok) return parsed.state;
    const { email, password, next } = parsed.value;
    const answer = await checkCredentials(email, password, await clientAddress());
    switch (answer.kind) {
      case 'right':
        await letIn(answer.user);
        redirect(safePath(next) as Route);

      case 'wrong':
        return problem('E-mail address and password do not match an account.', {
          values: { email },
        });
      case 'limited':
        return limited(answer.retryAfterSeconds);
      case 'busy':
        return limited(10);
    }
  }, form);
}

const registerForm = z.object({
  email: field.email,
  password: field.newPassword,
  name: field.name,
  next: field.next,
});

export async function registerAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(registerForm, form);
    if (!parsed.ok) return parsed.state;
    const { email, password, name, next } = parsed.value;
    const bad = passwordProblem(password, email);
    if (bad)
      return problem('Choose another password.', {
        fields: { password: bad },
        values: { email, name },
      });
    const answer = await register(
      await getViewer(),
      { email, password, name },
      await clientAddress(),
    );
    switch (answer.kind) {
      case 'registered':
        await letIn(answer.user);
        redirect(safePath(next) as Route);

      case 'taken':
        return problem('There is an account with this e-mail address. Sign in instead.', {
          values: { email, name },
        });
      case 'limited':
        return limited(answer.retryAfterSeconds);
      case 'busy':
        return limited(10);
    }
  }, form);
}

export async function signOutAction(): Promise<FormState> {
  return answerForm(async () => {
    const viewer = await getViewer();
    if (viewer.kind === 'user' && viewer.loginSessionId)
      await revokeLoginSession(viewer, viewer.loginSessionId);
    await clearSessionCookie();
    redirect('/');
  });
}
