import type { Flow, SocketAddress } from '#lib/simulator/index.ts';

const hasPorts = (flow: Flow) => !flow.protocol.startsWith('icmp');

/** `10.0.0.1:80`, `[fd00::1]:80`; without the port for ICMP. */
function endText(flow: Flow, { address, port }: SocketAddress): string {
  if (!hasPorts(flow)) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function isSameEnd(a: SocketAddress, b: SocketAddress): boolean {
  return a.address === b.address && a.port === b.port;
}

export function isSameFlow(a: Flow, b: Flow): boolean {
  return (
    a.protocol === b.protocol &&
    isSameEnd(a.source, b.source) &&
    isSameEnd(a.destination, b.destination)
  );
}

/** What a rewrite changed, for a note in the picture; undefined when nothing was. */
export function rewriteOf(
  before: Flow,
  after: Flow,
): { readonly old: string; readonly now: string } | undefined {
  if (!isSameEnd(before.destination, after.destination))
    return { old: endText(before, before.destination), now: endText(after, after.destination) };
  if (!isSameEnd(before.source, after.source))
    return { old: endText(before, before.source), now: endText(after, after.source) };
  return undefined;
}

function Line({
  label,
  flow,
  other,
  Changed,
}: {
  label: string;
  flow: Flow;
  other: Flow;
  Changed: 'del' | 'mark';
}) {
  const end = (own: SocketAddress, others: SocketAddress) =>
    isSameEnd(own, others) ? endText(flow, own) : <Changed>{endText(flow, own)}</Changed>;
  return (
    <div>
      <span className="lab">{label}</span>
      {flow.protocol} {end(flow.source, other.source)} → {end(flow.destination, other.destination)}
    </div>
  );
}

/** The five-tuple before and after a hop: old struck, new marked and underlined; one line when nothing changed. */
export function FiveTuple({ before, after }: { readonly before: Flow; readonly after: Flow }) {
  if (isSameFlow(before, after))
    return (
      <div className="tuple">
        <Line label="flow" flow={after} other={after} Changed="mark" />
      </div>
    );
  return (
    <div className="tuple">
      <Line label="before" flow={before} other={after} Changed="del" />
      <Line label="after" flow={after} other={before} Changed="mark" />
    </div>
  );
}
