import type { Link } from '../../linux/network.ts';

/** Numbers of one direction in the order of the columns: bytes, packets, errors, dropped, and two more that stay 0 here. */
type Counted = readonly [bytes: number, packets: number, dropped: number];

const receivedOf = ({ traffic }: Link): Counted => [
  traffic.receivedBytes,
  traffic.receivedPackets,
  traffic.receivedDropped,
];

const sentOf = ({ traffic }: Link): Counted => [
  traffic.sentBytes,
  traffic.sentPackets,
  traffic.sentDropped,
];

/** Widths of the columns while no number is longer (print_stats64 of iproute2 6.1). */
const WIDTHS = [10, 7, 6, 7, 7, 7] as const;

/** `ip -s`: the lines below a device. Simplified: nothing is lost by error, and multicast is not counted. */
export function trafficLines(link: Link): string[] {
  const columns = ([bytes, packets, dropped]: Counted) =>
    [bytes, packets, 0, dropped, 0, 0].map(String);
  const [received, sent] = [columns(receivedOf(link)), columns(sentOf(link))];
  const widths = WIDTHS.map((width, i) =>
    Math.max(width, received[i]?.length ?? 0, sent[i]?.length ?? 0),
  );
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' ');
  const header = (name: string, cells: readonly string[]) =>
    `    ${name}: ${row(['bytes', 'packets', 'errors', 'dropped', ...cells]).slice(4)}           `;
  return [
    header('RX', [' missed', '  mcast']),
    `    ${row(received)} `,
    header('TX', ['carrier', 'collsns']),
    `    ${row(sent)} `,
  ];
}

/** `ip -s -j`. */
export function trafficJson(link: Link) {
  const [rxBytes, rxPackets, rxDropped] = receivedOf(link);
  const [txBytes, txPackets, txDropped] = sentOf(link);
  return {
    rx: {
      bytes: rxBytes,
      packets: rxPackets,
      errors: 0,
      dropped: rxDropped,
      over_errors: 0,
      multicast: 0,
    },
    tx: {
      bytes: txBytes,
      packets: txPackets,
      errors: 0,
      dropped: txDropped,
      carrier_errors: 0,
      collisions: 0,
    },
  };
}

const HEADER =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';

/** /proc/net/dev (dev_seq_printf_stats in net/core/net-procfs.c). */
export function procNetDev(links: readonly Link[]): string {
  const lines = links.map((link) => {
    const [rxBytes, rxPackets, rxDropped] = receivedOf(link);
    const [txBytes, txPackets, txDropped] = sentOf(link);
    const numbers = (values: readonly number[], widths: readonly number[]) =>
      values.map((value, i) => String(value).padStart(widths[i] ?? 0)).join(' ');
    const received = numbers(
      [rxBytes, rxPackets, 0, rxDropped, 0, 0, 0, 0],
      [7, 7, 4, 4, 4, 5, 10, 9],
    );
    const sent = numbers([txBytes, txPackets, 0, txDropped, 0, 0, 0, 0], [8, 7, 4, 4, 4, 5, 7, 10]);
    return `${link.name.padStart(6)}: ${received} ${sent}\n`;
  });
  return HEADER + lines.join('');
}
