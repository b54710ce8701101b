'use client';

import { signIn } from 'next-auth/react';

/** GitHub's way in; shown only where the site is set up for it. */
export function GithubButton({ next }: { readonly next: string }) {
  return (
    <button
      type="button"
      className="btn"
      onClick={() => void signIn('github', { callbackUrl: next })}
    >
      Continue with GitHub
    </button>
  );
}
