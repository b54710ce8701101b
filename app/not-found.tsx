import Link from 'next/link';
import type { Metadata } from 'next';

export const metadata: Metadata = { title: 'No such page' };

export default function NotFound() {
  return (
    <main id="main" className="page narrow">
      <h1>No route to this page</h1>
      <p className="lede">
        The address answers nothing here: it was mistyped, the page has moved, or it belongs to
        somebody else. Your work is where you left it.
      </p>
      <p className="row wrap" style={{ marginTop: 20 }}>
        <Link className="btn primary" href="/" prefetch={false}>
          Go home
        </Link>
        <Link className="btn" href="/learn" prefetch={false}>
          All lessons
        </Link>
      </p>
    </main>
  );
}
