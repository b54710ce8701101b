import type { Match } from '../../../linux/netfilter/rule.ts';

/** XT_MAX_COMMENT_LEN, without the zero at the end: names of pods and policies may be nearly as long. */
const LONGEST = 255;

/** A comment about something; what is too long loses its end, as in kube-router (comments.go). */
export const comment = (text: string): Match => ({
  match: 'comment',
  text: text.slice(0, LONGEST),
});
