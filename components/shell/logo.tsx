/** Two hops and a packet. */
export function Logo() {
  return (
    <svg width="32.5" height="26" viewBox="0 0 30 24" fill="none" aria-hidden="true">
      <path d="M3 19V17a5.5 5.5 0 0 1 11 0v2" stroke="currentColor" strokeWidth="2.25" />
      <path d="M14 19v-5a6 6 0 0 1 12 0v1" stroke="currentColor" strokeWidth="2.25" />
      <path d="M1 21.5h28" stroke="currentColor" strokeWidth="1.5" />
      <rect
        x="22"
        y="13"
        width="8"
        height="6.5"
        fill="var(--mark)"
        stroke="currentColor"
        strokeWidth="1.75"
      />
    </svg>
  );
}
