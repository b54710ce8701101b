'use client';

import './globals.css';

interface GlobalErrorProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** When even the frame failed: no bar, no data, the same words. */
export default function GlobalError({ error, reset }: GlobalErrorProps) {
  return (
    <html lang="en">
      <body>
        <title>A fault of ours · Hopwise</title>
        <main id="main" className="page narrow">
          <h1>Hopwise stopped because of a fault of ours</h1>
          <p className="lede">What you had sent is kept. Try again in a moment.</p>
          <p style={{ marginTop: 20 }}>
            <button className="btn primary" onClick={reset}>
              Try again
            </button>
          </p>
          {error.digest !== undefined && (
            <p className="small dim" style={{ marginTop: 20 }}>
              For a report: <code>{error.digest}</code>
            </p>
          )}
        </main>
      </body>
    </html>
  );
}
