import { expect, test } from 'vitest';
import { createNftRuleset } from '../../linux/netfilter/nft/ruleset.ts';
import { applyNftCommands } from '../../linux/netfilter/nft/apply-commands.ts';
import { parseNftScript } from '../../linux/netfilter/nft/parse/parse-script.ts';
import { listObjects } from './list.ts';

const parsed = parseNftScript(`
table ip t {
  set s { type ifname; elements = { eth0 } }
  map m { type inet_service : verdict; elements = { 80 : drop } }
  chain c { type filter hook input priority filter - 5; policy drop; counter packets 3 bytes 180 accept; }
  chain d { drop; }
}
table inet u { }`);
const ruleset = createNftRuleset();
applyNftCommands(ruleset, parsed.ok ? parsed.commands : [], 0);

test.each([
  ['list tables', 'table ip t\ntable inet u\n'],
  ['list tables inet', 'table inet u\n'],
  [
    'list chain ip t c',
    'table ip t {\n\tchain c {\n\t\ttype filter hook input priority filter - 5; policy drop;\n\t\tcounter packets 3 bytes 180 accept\n\t}\n}\n',
  ],
  [
    'list map t m',
    'table ip t {\n\tmap m {\n\t\ttype inet_service : verdict\n\t\telements = { 80 : drop }\n\t}\n}\n',
  ],
  [
    'list chains ip',
    'table ip t {\n\tchain c {\n\t\ttype filter hook input priority filter - 5; policy drop;\n\t}\n\tchain d {\n\t}\n}\n',
  ],
  ['list sets inet', 'table inet u {\n}\n'],
])('nft %s', (line, text) => {
  expect(listObjects(ruleset, line, { now: 0 })).toEqual({ ok: true, text });
});

test.each([
  ['list table ip nosuch', 'No such file or directory', [15, 20]],
  ['list chain ip t nosuch', 'No such file or directory', [17, 22]],
  ['list set ip t nosuch', 'No such file or directory', [15, 20]],
])('nft %s is refused as the real tool refuses it', (line, message, columns) => {
  expect(listObjects(ruleset, line, { now: 0 })).toEqual({ ok: false, message, columns });
});
