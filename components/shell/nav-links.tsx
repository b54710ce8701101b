'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { Route } from 'next';
import type { ReactNode } from 'react';

export interface NavLink {
  readonly href: string;
  readonly word: string;
  readonly icon?: ReactNode;
}

/** Links that say which one you are in. */
export function NavLinks({ links }: { readonly links: readonly NavLink[] }) {
  const path = usePathname();
  const isHere = (href: string) =>
    href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
  return links.map(({ href, word, icon }) => (
    <Link
      key={href}
      href={href as Route}
      prefetch={false}
      aria-current={isHere(href) ? 'page' : undefined}
    >
      {icon}
      {word}
    </Link>
  ));
}
