'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { sendLeftovers, type Owner } from './attempt-queue.ts';

/** Sends what an earlier page could not; then the page is made anew, with the verdicts. */
export function SendLeftovers({ owner }: { readonly owner: Owner }) {
  const router = useRouter();
  useEffect(() => {
    void sendLeftovers(owner).then((sent) => {
      if (sent > 0) router.refresh();
    });
  }, [owner, router]);
  return null;
}
