import type { NftRuleBody } from '../model.ts';
import type { NftStatement } from '../statement.ts';
import { readStatement } from './parse-statement.ts';
import type { TokenReader } from './reader.ts';

/** A rule up to the end of its line: statements, and a comment at last. */
export function readRule(reader: TokenReader): NftRuleBody {
  const statements: NftStatement[] = [];
  let comment: string | undefined;
  let counts: { packets: number; bytes: number } | undefined;
  while (!reader.isAtBreak) {
    if (reader.skip('comment')) {
      comment = reader.word();
    } else if (reader.skip('counter')) {
      statements.push({ statement: 'counter' });
      if (reader.skip('packets')) {
        const packets = reader.number();
        reader.expect('bytes');
        counts = { packets, bytes: reader.number() };
      }
    } else {
      statements.push(readStatement(reader));
    }
  }
  if (statements.length === 0) reader.fail();
  return {
    statements,
    ...(comment !== undefined && { comment }),
    ...(counts && counts.packets > 0 && { counts }),
  };
}
