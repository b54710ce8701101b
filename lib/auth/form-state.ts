/** What a form's server half answers: data, never an exception. Messages are whole sentences for people. */
export type FormState =
  | { readonly status: 'idle' }
  | { readonly status: 'done'; readonly message: string; readonly link?: string }
  | {
      readonly status: 'problem';
      readonly message: string;
      /** one sentence for each field that needs another value */
      readonly fields?: Readonly<Record<string, string>>;
      /** what was typed, to be shown again; never a password */
      readonly values?: Readonly<Record<string, string>>;
    };

export const IDLE: FormState = { status: 'idle' };
