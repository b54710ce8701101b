import { copyPlain } from '../../base/copy.ts';
import { applyNftCommands } from '../../linux/netfilter/nft/apply-commands.ts';
import { parseNftScript } from '../../linux/netfilter/nft/parse/parse-script.ts';
import { finished } from '../command.ts';
import { onLinux } from '../namespace-of-place.ts';
import { showRefusal, showSyntax, type Source } from './complain.ts';
import { answerQuery, isQuery } from './list.ts';
import { readOptions } from './options.ts';

const NOT_ROOT =
  'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n';

/**
 * nft(8) 1.0.6: list, and add, insert, replace, delete, rename, flush over the rules that are evaluated; `-f` reads a
 * file or `-`. Simplified: a script that lists something does nothing else; no JSON, no --echo, no describe, no monitor.
 */
export const nft = onLinux((args, { namespace, mayAdminister }, { cluster, stdin, files }) => {
  const found = readOptions(args);
  if ('type' in found) return found;
  const { file, words } = found;
  if (file === undefined && words.length === 0)
    return finished('', 1, 'nft: no command specified\n');
  const isPipe = file === '-' || file === '/dev/stdin';
  const text = file === undefined ? `${words.join(' ')}\n` : isPipe ? stdin : files[file];
  if (text === undefined)
    return finished(
      '',
      1,
      `internal:0:0-0: Error: Could not open file "${file}": No such file or directory\n\n\n`,
    );
  if (!mayAdminister) return finished('', 1, NOT_ROOT);
  const source: Source = {
    text,
    ...(file !== undefined && { name: isPipe ? '/dev/stdin' : file }),
  };
  const ruleset = namespace.nftables;
  if (isQuery(text)) {
    const listed = answerQuery(ruleset, text, { now: cluster.now, ...found.listing });
    return listed.ok ? finished(listed.text) : showSyntax(source, listed.problem);
  }
  const parsed = parseNftScript(text);
  if (!parsed.ok) return showSyntax(source, parsed.problem);
  // --check does everything, to a copy.
  const target = found.isCheck ? copyPlain(ruleset) : ruleset;
  const problem = applyNftCommands(target, parsed.commands, cluster.now);
  const command = problem && parsed.commands[problem.command];
  if (!problem || !command) return finished('');
  const mentions = parsed.mentions[problem.command] ?? [];
  return showRefusal(source, ruleset, { command, mentions }, problem);
});
