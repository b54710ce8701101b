import { execFileSync } from 'node:child_process';
import { ROUTE_MATRIX } from '#lib/auth/route-matrix.ts';
import { expect, test } from './fixtures.ts';

/** What nobody may see before answering: verdicts, reasons of options, solutions, printed by the content room. */
function answerKeys(): string[] {
  const args = ['--import=tsx', '--conditions=react-server', 'lib/content/answer-keys.cli.ts'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
}

test('no answer key is in any page, its data or its scripts before an answer is recorded', async ({
  request,
}) => {
  const keys = answerKeys().filter((key) => key.length >= 12);
  expect(keys.length, 'answer keys to look for').toBeGreaterThan(10);
  const addresses = ROUTE_MATRIX.filter((row) => row.methods.includes('GET')).flatMap(
    (row) => row.examples,
  );
  const scripts = new Set<string>();
  const leaks: string[] = [];
  const look = (where: string, text: string) => {
    for (const key of keys) {
      const forms = [
        key,
        JSON.stringify(key).slice(1, -1),
        key.replaceAll('&', '&amp;').replaceAll("'", '&#x27;'),
      ];
      if (forms.some((form) => text.includes(form))) leaks.push(`${where}: ${key.slice(0, 60)}`);
    }
  };
  for (const address of addresses) {
    const html = await (await request.get(address)).text();
    look(address, html);
    look(`${address} (data)`, await (await request.get(address, { headers: { rsc: '1' } })).text());
    for (const [path] of html.matchAll(/\/_next\/static\/[^"'\\ ]+\.js/g)) scripts.add(path);
  }
  for (const script of scripts) {
    look(script, await (await request.get(script)).text());
    expect((await request.get(`${script}.map`)).status(), `${script}.map`).toBe(404);
  }
  expect(leaks).toEqual([]);
});
