import type { ReactNode } from 'react';
import { connection } from 'next/server';

export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection(); // the nonce of the content security policy needs a page made for each request
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
