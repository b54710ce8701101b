import type { NftFamily, NftRuleBody } from '../model.ts';
import type { NftStatement } from '../statement.ts';
import { readStatement } from './parse-statement.ts';
import type { NftSpan, TokenReader } from './reader.ts';

/** Whether nothing behind a statement is ever done (STMT_F_TERMINAL). */
function isTerminal(statement: NftStatement): boolean {
  switch (statement.statement) {
    case 'verdict':
      return statement.verdict.verdict !== 'continue';
    case 'nat':
    case 'masquerade':
    case 'redirect':
    case 'reject':
      return true;
    case 'match':
    case 'vmap':
    case 'set-mark':
    case 'set-update':
    case 'counter':
    case 'notrack':
    case 'log':
    case 'limit':
      return false;
  }
}

function readCounter(reader: TokenReader): { packets: number; bytes: number } | undefined {
  if (!reader.skip('packets')) return undefined;
  const packets = reader.number();
  reader.expect('bytes');
  return { packets, bytes: reader.number() };
}

/** A rule up to the end of its line: statements, and a comment at last. */
export function readRule(reader: TokenReader, family: NftFamily): NftRuleBody {
  const statements: NftStatement[] = [];
  let comment: string | undefined;
  let counts: { packets: number; bytes: number } | undefined;
  let end: NftSpan | undefined;
  reader.layers = family === 'inet' ? { isOfBothFamilies: true } : { network: family };
  while (!reader.isAtBreak) {
    if (comment !== undefined) {
      reader.failExpecting('end of file or newline or semicolon');
      break;
    }
    if (statements.length > 0 && reader.skip('comment')) {
      comment = reader.word();
      continue;
    }
    const from = reader.mark();
    if (reader.skip('counter')) {
      statements.push({ statement: 'counter' });
      counts = readCounter(reader);
    } else statements.push(readStatement(reader));
    if (end) {
      const text = 'Statement after terminal statement has no effect';
      reader.fail(text, reader.spanSince(from), end);
    }
    const last = statements.at(-1);
    if (last && isTerminal(last)) end = reader.spanSince(from);
  }
  if (statements.length === 0) reader.fail();
  return {
    statements,
    ...(comment !== undefined && { comment }),
    ...(counts && counts.packets > 0 && { counts }),
  };
}
