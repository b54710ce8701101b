'use client';

import { useRef, type ReactNode } from 'react';
import type { FormState } from '#lib/auth/form-state.ts';
import type { Theme } from '#lib/auth/viewer.ts';

interface ThemeSwitchProps {
  readonly theme: Theme;
  readonly chooseTheme: (previous: FormState, form: FormData) => Promise<FormState>;
  readonly icon: ReactNode;
}

/** Goes from light to dark and back. A form, so that it works before the page has loaded its scripts. */
export function ThemeSwitch({ theme, chooseTheme, icon }: ThemeSwitchProps) {
  const value = useRef<HTMLInputElement>(null);
  const submit = async (form: FormData) => {
    await chooseTheme({ status: 'idle' }, form);
  };
  const onSubmit = () => {
    const root = document.documentElement;
    const isDark = root.dataset['theme']
      ? root.dataset['theme'] === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    const next = isDark ? 'light' : 'dark';
    if (value.current) value.current.value = next;
    root.dataset['theme'] = next;
  };
  return (
    <form action={submit} onSubmit={onSubmit} className="theme-switch">
      <input
        ref={value}
        type="hidden"
        name="theme"
        defaultValue={theme === 'dark' ? 'light' : 'dark'}
      />
      <button
        className="btn sm icon quiet"
        aria-label="Switch colour theme"
        title="Switch colour theme"
      >
        {icon}
      </button>
    </form>
  );
}
