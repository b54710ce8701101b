import { finished } from '../command.ts';

/** The same tool for either family. */
export interface Tool {
  readonly name: 'iptables' | 'ip6tables';
  readonly family: 4 | 6;
}

export const versionOf = ({ name }: Tool) => `${name} v1.8.9 (nf_tables)`;
export const hintOf = ({ name }: Tool) =>
  `Try \`${name} -h' or '${name} --help' for more information.\n`;

export const versioned = (tool: Tool, text: string, exitCode: number) =>
  finished('', exitCode, `${versionOf(tool)}: ${text}\n`);
export const usageError = (tool: Tool, text: string) =>
  finished('', 2, `${versionOf(tool)}: ${text}\n${hintOf(tool)}`);
export const plainOf = ({ name }: Tool, text: string) => finished('', 1, `${name}: ${text}\n`);

export const NO_CHAIN = 'No chain/target/match by that name.';
export const BAD_RULE = 'Bad rule (does a matching rule exist in that chain?).';

export const NO_FILTER = `
The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.

`;
