'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { startTransition } from 'react';

interface ErrorPageProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  const router = useRouter();
  // The server made the error: the page is asked for again before what is here is drawn anew.
  const tryAgain = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return (
    <main id="main" className="page narrow">
      <h1>This page stopped because of a fault of ours</h1>
      <p className="lede">
        What you had sent is kept, and what runs in the page is kept in this browser. Try again; if
        it fails twice, wait a minute: the database may be away.
      </p>
      <p className="row wrap" style={{ marginTop: 20 }}>
        <button className="btn primary" onClick={tryAgain}>
          Try again
        </button>
        <Link className="btn" href="/" prefetch={false}>
          Go home
        </Link>
      </p>
      {error.digest !== undefined && (
        <p className="small dim" style={{ marginTop: 20 }}>
          For a report: <code>{error.digest}</code>
        </p>
      )}
    </main>
  );
}
