'use server';

import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '#lib/auth/form-state.ts';
import { createInvitation, createPasswordLink } from '#lib/auth/one-time-links.server.ts';
import { answerForm, field, parseForm, problem } from '#lib/auth/parse-form.server.ts';
import { changeRole, disableUser, enableUser, type ManageAnswer } from '#lib/auth/users.server.ts';
import { requireRole } from '#lib/auth/viewer.server.ts';
import { ROLES, type KnownViewer } from '#lib/auth/viewer.ts';
import { env } from '#lib/env/env.server.ts';

const userForm = z.object({ userId: field.id });
const role = z.enum(ROLES, 'Choose a role.');
const NO_USER = 'There is no such user.';

export async function inviteAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const viewer = await requireRole('ADMIN');
    const parsed = parseForm(z.object({ email: field.email, role }), form);
    if (!parsed.ok) return parsed.state;
    const path = await createInvitation(viewer, parsed.value.email, parsed.value.role);
    revalidatePath('/admin');
    if (path === undefined) return problem('You may not invite people.');
    return {
      status: 'done',
      message: 'Send this link. It works once, for seven days.',
      link: env().HOPWISE_URL + path,
    };
  }, form);
}

export async function passwordLinkAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const viewer = await requireRole('ADMIN');
    const parsed = parseForm(userForm, form);
    if (!parsed.ok) return parsed.state;
    const path = await createPasswordLink(viewer, parsed.value.userId);
    revalidatePath('/admin');
    if (path === undefined) return problem(NO_USER);
    return {
      status: 'done',
      message: 'Send this link. It works once, for one hour.',
      link: env().HOPWISE_URL + path,
    };
  }, form);
}

function told(answer: ManageAnswer, message: string): FormState {
  revalidatePath('/admin');
  switch (answer) {
    case 'done':
      return { status: 'done', message };
    case 'not-found':
      return problem(NO_USER);
    case 'last-admin':
      return problem('This is the last administrator. Make another one first.');
  }
}

export async function changeRoleAction(_previous: FormState, form: FormData): Promise<FormState> {
  return answerForm(async () => {
    const viewer = await requireRole('ADMIN');
    const parsed = parseForm(z.object({ userId: field.id, role }), form);
    if (!parsed.ok) return parsed.state;
    return told(
      await changeRole(viewer, parsed.value.userId, parsed.value.role),
      'The role is changed.',
    );
  });
}

async function onUser(
  form: FormData,
  work: (viewer: KnownViewer, userId: string) => Promise<ManageAnswer>,
  message: string,
): Promise<FormState> {
  return answerForm(async () => {
    const viewer = await requireRole('ADMIN');
    const parsed = parseForm(userForm, form);
    if (!parsed.ok) return parsed.state;
    return told(await work(viewer, parsed.value.userId), message);
  }, form);
}

export async function disableUserAction(_previous: FormState, form: FormData): Promise<FormState> {
  return onUser(form, disableUser, 'The account is shut and signed out everywhere.');
}

export async function enableUserAction(_previous: FormState, form: FormData): Promise<FormState> {
  return onUser(form, enableUser, 'The account is open again.');
}
