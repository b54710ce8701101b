interface SiteFooterProps {
  readonly version: string;
  readonly sourceUrl: string | undefined;
}

/** What this is, how true it is, and where it comes from. */
export function SiteFooter({ version, sourceUrl }: SiteFooterProps) {
  return (
    <footer className="foot">
      <span>Hopwise {version}</span>
      <span>The simulated cluster is Kubernetes 1.35</span>
      <a href="/fidelity">What is simulated, and how true</a>
      {sourceUrl !== undefined && <a href={sourceUrl}>Source code</a>}
      <span>Apache-2.0</span>
    </footer>
  );
}
