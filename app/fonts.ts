import localFont from 'next/font/local';

/** Interface: the file with the width axis, which captions need. */
const archivo = localFont({
  src: '../node_modules/@fontsource-variable/archivo/files/archivo-latin-wdth-normal.woff2',
  variable: '--face-ui',
  weight: '100 900',
  display: 'swap',
  declarations: [{ prop: 'font-stretch', value: '62% 125%' }],
});

/** Code, rules, addresses and the canvas. */
const mPlusCode = localFont({
  src: '../node_modules/@fontsource-variable/m-plus-1-code/files/m-plus-1-code-latin-wght-normal.woff2',
  variable: '--face-mono',
  weight: '100 700',
  display: 'swap',
  adjustFontFallback: false,
});

/** Lesson prose. Not preloaded: the interface is readable before it comes. */
const sourceSerif = localFont({
  src: [
    {
      path: '../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2',
      style: 'normal',
      weight: '200 900',
    },
    {
      path: '../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-italic.woff2',
      style: 'italic',
      weight: '200 900',
    },
  ],
  variable: '--face-prose',
  display: 'swap',
  preload: false,
  adjustFontFallback: 'Times New Roman',
});

/** Class names that define the three faces for tokens.css. */
export const FONT_CLASSES = [archivo, mPlusCode, sourceSerif]
  .map((face) => face.variable)
  .join(' ');
