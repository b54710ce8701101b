'use server';

import { revalidatePath } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import {
  changePassword,
  deleteMyData,
  updateProfile,
  type PasswordAnswer,
} from '#lib/auth/account.server.ts';
import type { FormState } from '#lib/auth/form-state.ts';
import { revokeLoginSession, revokeOtherLoginSessions } from '#lib/auth/login-sessions.server.ts';
import { answerForm, field, limited, parseForm, problem } from '#lib/auth/parse-form.server.ts';
import { passwordProblem } from '#lib/auth/password-problem.server.ts';
import {
  clearGuestCookie,
  clearSessionCookie,
  setThemeCookie,
} from '#lib/auth/session-cookie.server.ts';
import { startLogin } from '#lib/auth/sign-in.server.ts';
import { getViewer, requireUser } from '#lib/auth/viewer.server.ts';
import { THEMES } from '#lib/auth/viewer.ts';

const SETTINGS = '/settings';
const done = (message: string): FormState => ({ status: 'done', message });

function passwordRefused(answer: Exclude<PasswordAnswer, 'done'>, fieldName: string): FormState {
  switch (answer) {
    case 'wrong':
      return problem('The password is not right. Nothing was changed.', {
        fields: { [fieldName]: 'This is not your password.' },
      });
    case 'limited':
      return limited(15 * 60);
    case 'busy':
      return limited(10);
  }
}

export async function updateProfileAction(
  _previous: FormState,
  form: FormData,
): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(z.object({ name: field.name }), form);
    if (!parsed.ok) return parsed.state;
    await updateProfile(await requireUser(SETTINGS), parsed.value);
    revalidatePath(SETTINGS);
    return done('Saved.');
  }, form);
}

export async function chooseThemeAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(
      z.object({ theme: z.enum(THEMES, 'Choose system, light or dark.') }),
      form,
    );
    if (!parsed.ok) return parsed.state;
    const viewer = await getViewer();
    await setThemeCookie(parsed.value.theme);
    if (viewer.kind !== 'none') await updateProfile(viewer, parsed.value);
    revalidatePath('/', 'layout');
    return done('Saved.');
  }, form);
}

export async function changePasswordAction(
  _previous: FormState,
  form: FormData,
): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(
      z.object({ currentPassword: field.anyPassword, newPassword: field.newPassword }),
      form,
    );
    if (!parsed.ok) return parsed.state;
    const viewer = await requireUser(SETTINGS);
    const bad = passwordProblem(parsed.value.newPassword, viewer.email ?? '');
    if (bad) return problem('Choose another password.', { fields: { newPassword: bad } });
    const answer = await changePassword(
      viewer,
      parsed.value.currentPassword,
      parsed.value.newPassword,
    );
    if (answer !== 'done') return passwordRefused(answer, 'currentPassword');
    await startLogin(viewer);
    revalidatePath(SETTINGS);
    return done('The password is changed. Every other browser was signed out.');
  }, form);
}

export async function revokeSessionAction(
  _previous: FormState,
  form: FormData,
): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(z.object({ sessionId: field.id }), form);
    if (!parsed.ok) return parsed.state;
    const isRevoked = await revokeLoginSession(await requireUser(SETTINGS), parsed.value.sessionId);
    revalidatePath(SETTINGS);
    return isRevoked
      ? done('That browser is signed out.')
      : problem('There is no such log-in any more.');
  }, form);
}

export async function revokeOtherSessionsAction(): Promise<FormState> {
  return answerForm(async () => {
    const count = await revokeOtherLoginSessions(await requireUser(SETTINGS));
    revalidatePath(SETTINGS);
    return done(
      count === 0 ? 'No other browser was signed in.' : `Signed out elsewhere: ${count}.`,
    );
  });
}

const deleteForm = z.object({
  confirm: z.literal('delete', 'Type delete to confirm.'),
  password: z.string().max(1_024).default(''),
});

export async function deleteMyDataAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const parsed = parseForm(deleteForm, form);
    if (!parsed.ok) return parsed.state;
    const viewer = await getViewer();
    if (viewer.kind === 'none') return problem('Nothing is kept about you.');
    const answer = await deleteMyData(viewer, parsed.value.password);
    if (answer !== 'done') return passwordRefused(answer, 'password');
    await clearSessionCookie();
    await clearGuestCookie();
    redirect('/');
  }, form);
}
