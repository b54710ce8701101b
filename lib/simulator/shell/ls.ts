import { byteLength } from '../workloads/http-server.ts';
import { finished, type Command } from './command.ts';
import { localSystemOf } from './namespace-of-place.ts';

interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly size: number;
}

const trim = (path: string) => path.replace(/^\.\/?/, '').replace(/(.)\/+$/, '$1');

/** What a folder holds, made of the paths of the files; undefined when nothing lies there. */
function entriesOf(folder: string, files: Readonly<Record<string, string>>): Entry[] | undefined {
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  const entries = new Map<string, Entry>();
  for (const [path, text] of Object.entries(files)) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...rest] = path.slice(prefix.length).split('/');
    if (name === '') continue;
    entries.set(name, {
      name,
      isDirectory: rest.length > 0,
      size: rest.length > 0 ? 4096 : byteLength(text),
    });
  }
  return entries.size === 0 && prefix !== '' && prefix !== '/' ? undefined : [...entries.values()];
}

const longLine = ({ name, isDirectory, size }: Entry) =>
  `${isDirectory ? 'drwxr-xr-x' : '-rw-r--r--'} 1 root root ${String(size).padStart(5)} ${name}`;

/** ls(1) over the files that the simulation knows. Simplified: one column, no dates. */
export const ls: Command = (args, context) => {
  const invalid = args.find((arg) => /^-./.test(arg) && !/^-[1alhAFrtd]+$/.test(arg));
  if (invalid !== undefined) {
    return finished(
      '',
      2,
      `ls: invalid option -- '${invalid.replace(/^--?/, '')[0] ?? ''}'\nTry 'ls --help' for more information.\n`,
    );
  }
  const isLong = args.some((arg) => /^-\w*l/.test(arg));
  const paths = args.filter((arg) => !/^-./.test(arg));
  const system = context.place.type === 'workstation' ? undefined : localSystemOf(context);
  const files = system ? { ...(system.process?.files ?? system.machine.files) } : context.files;
  const wanted = paths.length > 0 ? paths : [system ? '/' : ''];
  let out = '';
  let errors = '';
  for (const path of wanted) {
    const text = files[path];
    const entries =
      text === undefined
        ? entriesOf(trim(path), files)
        : [{ name: path, isDirectory: false, size: byteLength(text) }];
    if (!entries) {
      errors += `ls: cannot access '${path}': No such file or directory\n`;
      continue;
    }
    const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (wanted.length > 1 && text === undefined) out += `${out === '' ? '' : '\n'}${path}:\n`;
    out += sorted.map((entry) => `${isLong ? longLine(entry) : entry.name}\n`).join('');
  }
  return finished(out, errors === '' ? 0 : 2, errors);
};
