export type Role = 'LEARNER' | 'AUTHOR' | 'REVIEWER' | 'ADMIN';
export const ROLES = ['LEARNER', 'AUTHOR', 'REVIEWER', 'ADMIN'] as const satisfies readonly Role[];
export type Theme = 'system' | 'light' | 'dark';
export const THEMES = ['system', 'light', 'dark'] as const satisfies readonly Theme[];

/** Somebody with a row: a guest (anonymous, behind a signed cookie) or a user who signed in. */
export interface KnownViewer {
  readonly kind: 'guest' | 'user';
  readonly id: string;
  readonly name: string;
  /** null for guests */
  readonly email: string | null;
  readonly role: Role;
  readonly theme: Theme;
  /** the log-in of this browser; null for guests */
  readonly loginSessionId: string | null;
}

/** Who is looking. A stranger who has written nothing yet has no row: `none`. */
export type Viewer = { readonly kind: 'none' } | KnownViewer;
