import { formatFlow } from '../base/flow.ts';
import type { TcpFlags } from '../packet/packet.ts';
import { dispositionOf } from './disposition.ts';
import { explain } from './explain.ts';
import type { Hop } from './hop.ts';
import type { Step } from './step.ts';

const FLAG_NAMES = ['syn', 'fin', 'rst', 'psh', 'ack'] as const;

/** `SYN,ACK`; empty for a packet without flags. */
export const formatTcpFlags = (flags: TcpFlags = {}): string =>
  FLAG_NAMES.filter((name) => flags[name])
    .map((name) => name.toUpperCase())
    .join(',');

const plain = (sentence: string) => sentence.replaceAll('`', '');

function packetLine({ packet, before, flags, chunk }: Hop): string {
  const named = chunk ?? formatTcpFlags(flags);
  return `packet ${packet}  ${formatFlow(before)}${named === '' ? '' : ` [${named}]`}`;
}

function hopLines(hop: Hop): string[] {
  const arrow = hop.direction === 'reply' ? '<-' : '->';
  const lines = [`${String(hop.number).padStart(4)} ${arrow} ${hop.title}: ${plain(hop.sentence)}`];
  const [before, after] = [formatFlow(hop.before), formatFlow(hop.after)];
  if (before !== after) lines.push(`          ${before}`, `       => ${after}`);
  for (const { text, isDeciding } of hop.lines) if (isDeciding) lines.push(`        | ${text}`);
  return lines;
}

/**
 * A trace as compact text, for terminals and failing tests: a line for each packet, its hops with the deciding rule or
 * route, and how it ended.
 */
export function printTrace(steps: readonly Step[]): string {
  const lines: string[] = [];
  let packet: number | undefined;
  for (const hop of explain(steps)) {
    const isApplication = hop.steps[0] === 'dns' || hop.steps[0] === 'http';
    if (!isApplication && hop.packet !== packet) {
      packet = hop.packet;
      lines.push(packetLine(hop));
    }
    lines.push(...hopLines(hop));
  }
  return `${[...lines, dispositionOf(steps)].join('\n')}\n`;
}
