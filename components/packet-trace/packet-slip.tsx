/** A slip of 28 x 18 with a header band. Replies are hollow and mirrored; refused turns back; dropped has a broken edge. */
export function PacketSlip({
  look,
}: {
  readonly look: 'request' | 'reply' | 'refused' | 'dropped';
}) {
  switch (look) {
    case 'request':
      return (
        <g className="mv">
          <rect className="t-pkt" width="28" height="18" rx="2" />
          <path className="t-pktline" d="M8 0v18M12 5h12M12 9h12M12 13h7" />
        </g>
      );
    case 'reply':
      return (
        <g className="mv">
          <rect className="t-pkt-reply" width="28" height="18" rx="2" />
          <path className="t-pktline-reply" d="M20 0v18M16 5H4M16 9H4M16 13H9" />
        </g>
      );
    case 'refused':
      return (
        <g className="mv">
          <rect className="t-pkt-refused" width="28" height="18" rx="2" />
          <path
            className="t-pktline-refused"
            d="M20 12.5c0-4-3-5-6-5H8m3.5-3.5L8 7.500l3.500 3.500"
          />
        </g>
      );
    case 'dropped':
      return (
        <g className="mv">
          <rect className="t-pkt-dropped" width="28" height="18" rx="2" />
          <path className="t-pktline-dropped" d="M9 4l10 10M19 4L9 14" />
        </g>
      );
  }
}
