interface ReviewedOnProps {
  readonly kubernetes: string;
  /** `2026-11-22` */
  readonly reviewed: string;
}

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** `Kubernetes 1.35, reviewed on 22 November 2026`: on every page that teaches. */
export function ReviewedOn({ kubernetes, reviewed }: ReviewedOnProps) {
  return (
    <span>
      Kubernetes {kubernetes}, reviewed on{' '}
      <time dateTime={reviewed}>{DATE.format(new Date(`${reviewed}T00:00:00Z`))}</time>
    </span>
  );
}
