/** Characters that iptables leaves unquoted (xtables_save_string). */
const BARE = /^[-_0-9a-zA-Z]+$/;

/** A word as iptables-save writes it: bare when it can be, else in double quotes with `"`, `\` and `'` escaped. */
export const quoteWord = (text: string) =>
  BARE.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;

export const printComment = (text: string) => `-m comment --comment ${quoteWord(text)}`;
