import Link from 'next/link';
import type { ReactNode } from 'react';
import {
  BookOpenIcon,
  ChevronRightIcon,
  ListTreeIcon,
  MapIcon,
  TerminalIcon,
  WrenchIcon,
} from '#components/ui/icons.tsx';
import { Logo } from './logo.tsx';
import { NavLinks } from './nav-links.tsx';

const LINKS = [
  { href: '/learn', word: 'Learn' },
  { href: '/practice', word: 'Practice' },
  { href: '/exercises', word: 'Exercises' },
  { href: '/sandbox', word: 'Sandbox' },
  { href: '/progress', word: 'Progress' },
];

/** The bar of every page; `end` holds the theme switch and the account. */
export function TopBar({ end }: { readonly end: ReactNode }) {
  return (
    <header className="top">
      <Link className="brand" href="/" prefetch={false}>
        <Logo />
        Hopwise
      </Link>
      <nav aria-label="Main">
        <NavLinks links={LINKS} />
      </nav>
      <span className="grow" />
      {end}
    </header>
  );
}

/** The same places at the foot of a phone; pages with panes of their own replace it. */
export function SiteTabs() {
  const icons = [
    <BookOpenIcon key="learn" size={19} />,
    <ListTreeIcon key="practice" size={19} />,
    <WrenchIcon key="exercises" size={19} />,
    <TerminalIcon key="sandbox" size={19} />,
    <MapIcon key="progress" size={19} />,
  ];
  return (
    <nav className="bottombar sitebar" aria-label="Places">
      <NavLinks
        links={LINKS.map((link, index) => ({
          ...link,
          icon: icons[index] ?? <ChevronRightIcon />,
        }))}
      />
    </nav>
  );
}
