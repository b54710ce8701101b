import { SECOND, type Micros } from '../base/clock.ts';
import type { Cluster } from '../cluster.ts';
import { continueForeground, type ShellSystem } from '../shell/run.ts';
import type { TerminalState } from '../shell/terminal.ts';

/**
 * Lets time pass until `until` (the cluster's clock); returns what the terminal prints meanwhile. What runs in the
 * foreground or in the background is looked at on whole seconds of the cluster's clock and at no other time, so that
 * the same stretch gives the same state in however many pieces it comes.
 */
export function passTime(
  sandbox: {
    readonly cluster: Cluster;
    readonly terminal: TerminalState;
    readonly shell: ShellSystem;
  },
  until: Micros,
): string {
  const { cluster, terminal, shell } = sandbox;
  let output = '';
  while ((terminal.foreground || terminal.jobs.length > 0) && !cluster.isExhausted) {
    const next = (Math.floor(cluster.now / SECOND) + 1) * SECOND;
    if (next > until) break;
    output += continueForeground(terminal, shell, next - cluster.now);
  }
  if (cluster.now < until) cluster.advance(until - cluster.now);
  return output;
}
