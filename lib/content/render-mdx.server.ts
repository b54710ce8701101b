import 'server-only';
import * as React from 'react';
import type { ComponentType, ReactElement } from 'react';
import * as jsxRuntime from 'react/jsx-runtime';

export type MdxComponents = Readonly<Record<string, ComponentType<never> | string>>;
type MdxPage = ComponentType<{ components: MdxComponents }>;

const pages = new Map<string, MdxPage>();

/**
 * Runs what compileMdx made, on the server only: the browser never needs `unsafe-eval`. This is the one place where
 * text becomes code, and the allow-list stands before it. Same contract as mdx-bundler's getMDXComponent, with the
 * React that renders the page.
 */
function pageOf(code: string): MdxPage {
  let page = pages.get(code);
  if (page === undefined) {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- compiled by us from allow-listed MDX
    const run = new Function('React', '_jsx_runtime', 'ReactDOM', code) as (
      react: typeof React,
      runtime: typeof jsxRuntime,
      dom: undefined,
    ) => { default: MdxPage };
    page = run(React, jsxRuntime, undefined).default;
    pages.set(code, page);
  }
  return page;
}

/** An element, so that pages do not make a component during render. */
export function renderMdx(code: string, components: MdxComponents): ReactElement {
  return React.createElement(pageOf(code), { components });
}
