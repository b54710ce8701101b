'use client';

import { useActionState, useId, type ReactNode } from 'react';
import { IDLE, type FormState } from '#lib/auth/form-state.ts';
import { CopyLink } from './copy-link.tsx';

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password';
  readonly autoComplete?: string;
  readonly hint?: string;
  readonly value?: string;
  readonly options?: readonly { readonly value: string; readonly word: string }[];
}

interface ActionFormProps {
  readonly action: (previous: FormState, form: FormData) => Promise<FormState>;
  readonly submit: string;
  readonly fields?: readonly FormField[];
  /** sent along, not shown */
  readonly hidden?: Readonly<Record<string, string>>;
  readonly look?: 'primary' | 'plain' | 'danger';
  readonly children?: ReactNode;
}

const LOOK = { primary: 'btn primary', plain: 'btn', danger: 'btn danger' } as const;

/** A form and its server half: what is wrong stands beside the field, and what was typed stays. Works without script. */
export function ActionForm({
  action,
  submit,
  fields = [],
  hidden = {},
  look = 'primary',
  children,
}: ActionFormProps) {
  const [state, send, isSending] = useActionState(action, IDLE);
  return (
    <form action={send} className="stack account-form" noValidate>
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {fields.map((field) => (
        <Field key={field.name} field={field} state={state} />
      ))}
      {children}
      <Answer state={state} />
      <button className={LOOK[look]} disabled={isSending}>
        {isSending ? 'One moment' : submit}
      </button>
    </form>
  );
}

function Field({ field, state }: { readonly field: FormField; readonly state: FormState }) {
  const id = useId();
  const wrong = state.status === 'problem' ? state.fields?.[field.name] : undefined;
  const typed = state.status === 'problem' ? state.values?.[field.name] : undefined;
  const attributes = {
    name: field.name,
    className: wrong ? 'input bad' : 'input',
    // React empties a form after its action; the key lets what was typed come back.
    key: typed ?? 'fresh',
    defaultValue: typed ?? field.value ?? '',
    autoComplete: field.autoComplete,
    'aria-invalid': wrong !== undefined,
    'aria-describedby': `${id}-note`,
  };
  const { key, ...rest } = attributes;
  return (
    <label className="field">
      <span>{field.label}</span>
      {field.options ? (
        <select key={key} {...rest}>
          {field.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.word}
            </option>
          ))}
        </select>
      ) : (
        <input key={key} type={field.type ?? 'text'} {...rest} />
      )}
      <small id={`${id}-note`} className={wrong ? 'wrong' : undefined}>
        {wrong ?? field.hint}
      </small>
    </label>
  );
}

function Answer({ state }: { readonly state: FormState }) {
  switch (state.status) {
    case 'idle':
      return null;
    case 'problem':
      return (
        <p role="alert" className="form-answer wrong">
          {state.message}
        </p>
      );
    case 'done':
      return (
        <div role="status" className="form-answer">
          <p>{state.message}</p>
          {state.link !== undefined && <CopyLink link={state.link} />}
        </div>
      );
  }
}
