import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { connection } from 'next/server';
import { readThemeCookie } from '#lib/auth/session-cookie.server.ts';
import { getViewer } from '#lib/auth/viewer.server.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import { AccountMenu } from '#components/shell/account-menu.tsx';
import { SiteFooter } from '#components/shell/site-footer.tsx';
import { ThemeSwitch } from '#components/shell/theme-switch.tsx';
import { SiteTabs, TopBar } from '#components/shell/top-bar.tsx';
import { ThemeIcon } from '#components/ui/icons.tsx';
import packageJson from '../package.json' with { type: 'json' };
import { chooseThemeAction } from './(people)/settings/actions.ts';
import { signOutAction } from './(people)/signin/actions.ts';
import { FONT_CLASSES } from './fonts.ts';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Hopwise', template: '%s · Hopwise' },
  description:
    'Prepare for Kubernetes networking interviews with a cluster network that runs in the page, one packet at a time.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbfcf7' },
    { media: '(prefers-color-scheme: dark)', color: '#1a2120' },
  ],
};

/** Who looks, for the bar alone: a database that is away must not take the whole frame with it. */
async function viewerForBar(): Promise<Viewer> {
  try {
    return await getViewer();
  } catch {
    return { kind: 'none' };
  }
}

async function signOut(): Promise<void> {
  'use server';
  await signOutAction();
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection(); // the nonce of the content security policy needs a page made for each request
  const viewer = await viewerForBar();
  const theme = viewer.kind === 'user' ? viewer.theme : await readThemeCookie();
  return (
    <html
      lang="en"
      className={FONT_CLASSES}
      data-theme={theme === 'system' ? undefined : theme}
      suppressHydrationWarning
    >
      <body>
        <a className="skip" href="#main">
          Skip to the content
        </a>
        <TopBar
          end={
            <>
              <ThemeSwitch
                theme={theme}
                chooseTheme={chooseThemeAction}
                icon={<ThemeIcon size={16} />}
              />
              {viewer.kind === 'user' ? (
                <AccountMenu viewer={viewer} signOut={signOut} />
              ) : (
                <a className="btn sm" href="/signin">
                  Sign in
                </a>
              )}
            </>
          }
        />
        {children}
        <SiteFooter version={packageJson.version} sourceUrl={undefined} />
        <SiteTabs />
      </body>
    </html>
  );
}
