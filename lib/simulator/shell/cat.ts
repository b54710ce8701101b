import { finished, type Command } from './command.ts';
import { localSystemOf, readLocalFile } from './namespace-of-place.ts';

const isDirectory = (path: string, files: Readonly<Record<string, string>>) =>
  Object.keys(files).some((file) => file.startsWith(path.endsWith('/') ? path : `${path}/`));

function numbered(text: string): string {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const all = last === '' ? lines : [...lines, last];
  const shown = all.map((line, i) => `${String(i + 1).padStart(6)}\t${line}`).join('\n');
  return last === '' && all.length > 0 ? `${shown}\n` : shown;
}

/** cat(1): files of the container or machine, of the workstation's folder, or what a pipe brings. */
export const cat: Command = (args, context) => {
  const invalid = args.find((arg) => /^-./.test(arg) && !/^-[nbAEsTuv]+$/.test(arg));
  if (invalid !== undefined) {
    return finished(
      '',
      1,
      `cat: ${invalid.startsWith('--') ? `unrecognized option '${invalid}'` : `invalid option -- '${invalid[1] ?? ''}'`}\nTry 'cat --help' for more information.\n`,
    );
  }
  const paths = args.filter((arg) => !/^-./.test(arg));
  if (paths.length === 0) return finished(context.stdin);
  const system = localSystemOf(context);
  let out = '';
  let errors = '';
  for (const path of paths) {
    const own = context.place.type === 'workstation' ? context.files[path] : undefined;
    const text = path === '-' ? context.stdin : (own ?? (system && readLocalFile(system, path)));
    const files = system?.process?.files ?? system?.machine.files ?? {};
    if (text !== undefined) out += text;
    else
      errors += `cat: ${path}: ${isDirectory(path, files) ? 'Is a directory' : 'No such file or directory'}\n`;
  }
  if (args.includes('-n')) out = numbered(out);
  return finished(out, errors === '' ? 0 : 1, errors);
};
