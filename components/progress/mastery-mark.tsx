import type { Mastery } from '#lib/progress/fold-mastery.ts';

export const MASTERY_WORDS: Readonly<Record<Mastery, string>> = {
  new: 'New',
  practising: 'Practising',
  proficient: 'Proficient',
  mastered: 'Mastered',
  refresh: 'Refresh',
};

/** Ring, half, three quarters, full with a tick, dashed clock: a shape for each state, beside its word. */
export function MasteryMark({ mastery }: { readonly mastery: Mastery }) {
  return (
    <svg className="mastery-mark" width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <circle
        cx="9"
        cy="9"
        r="7"
        fill={mastery === 'mastered' ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.75"
        strokeDasharray={mastery === 'refresh' ? '3 2.5' : undefined}
      />
      {mastery === 'practising' && <path d="M9 2a7 7 0 0 1 0 14z" fill="currentColor" />}
      {mastery === 'proficient' && <path d="M9 9V2a7 7 0 1 1-7 7z" fill="currentColor" />}
      {mastery === 'mastered' && (
        <path d="M5.5 9.2 8 11.6l4.5-5" fill="none" stroke="var(--sheet)" strokeWidth="1.75" />
      )}
      {mastery === 'refresh' && (
        <path d="M9 5.2V9l2.6 1.6" fill="none" stroke="currentColor" strokeWidth="1.75" />
      )}
    </svg>
  );
}
