import { finished, type Command, type ShellPlace } from './command.ts';

const fail = (text: string) => finished('', 1, `nsenter: ${text}\n`);
const HINT = "Try 'nsenter --help' for more information.";

interface NsenterOptions {
  target?: string;
  /** Letters of the namespaces that are entered: n, m, u, i, p ... */
  readonly namespaces: Set<string>;
  readonly argv: readonly string[];
}

const LONG: Readonly<Record<string, string>> = {
  '--net': 'n',
  '--mount': 'm',
  '--uts': 'u',
  '--ipc': 'i',
  '--pid': 'p',
  '--user': 'U',
  '--cgroup': 'C',
  '--all': 'a',
};
const FLAGS = 'nmuipUCTaFSZrw';

function parse(args: readonly string[]): NsenterOptions | string {
  const namespaces = new Set<string>();
  let target: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--')
      return { ...(target !== undefined && { target }), namespaces, argv: args.slice(i + 1) };
    if (!arg.startsWith('-')) {
      return { ...(target !== undefined && { target }), namespaces, argv: args.slice(i) };
    }
    const long = LONG[arg];
    if (long !== undefined) namespaces.add(long);
    else if (arg === '--target' || arg === '-t') target = args[++i] ?? '';
    else if (arg.startsWith('--target=') || /^-t\d/.test(arg))
      target = arg.replace(/^(-t|--target=)/, '');
    else if (arg.startsWith('--')) return `unrecognized option '${arg}'\n${HINT}`;
    else {
      for (const letter of arg.slice(1)) {
        if (letter === 't') target = args[++i] ?? '';
        else if (FLAGS.includes(letter)) namespaces.add(letter);
        else return `invalid option -- '${letter}'\n${HINT}`;
      }
    }
  }
  return { ...(target !== undefined && { target }), namespaces, argv: [] };
}

/**
 * nsenter(1) on a node: a command in the namespaces of a process. `-n` alone keeps the node's files and tools; with `-m` (or
 * `-a`) the container's files are there. Simplified: pid, user, ipc and cgroup namespaces change nothing.
 */
export const nsenter: Command = (args, { cluster: { network }, place }) => {
  const options = parse(args);
  if (typeof options === 'string') return fail(options);
  if (place.type !== 'node')
    return fail('reassociate to namespaces failed: Operation not permitted');
  const { target, namespaces, argv } = options;
  if (target === undefined) {
    return fail(
      `neither filename nor target pid supplied for ns/${namespaces.has('m') ? 'mnt' : 'net'}`,
    );
  }
  if (!/^\d+$/.test(target)) return fail(`failed to parse pid: '${target}'`);
  const process = network.processes[Number(target)];
  const isHere =
    process !== undefined &&
    process.exitCode === undefined &&
    network.namespaces[process.namespace]?.machine === place.node;
  if (!isHere) {
    const first = namespaces.has('n') || namespaces.size === 0 ? 'net' : 'mnt';
    return fail(`cannot open /proc/${target}/ns/${first}: No such file or directory`);
  }
  const inside = placeOf(place, process, namespaces);
  return argv.length === 0
    ? { type: 'moved', place: inside }
    : { type: 'elsewhere', place: inside, argv };
};

function placeOf(
  place: Extract<ShellPlace, { type: 'node' }>,
  {
    namespace,
    because,
  }: {
    readonly namespace: string;
    readonly because?: { kind: string; namespace?: string; name: string; detail?: string };
  },
  namespaces: ReadonlySet<string>,
): ShellPlace {
  const isMounted = namespaces.has('m') || namespaces.has('a');
  if (isMounted && because?.kind === 'Pod' && because.detail !== undefined) {
    return {
      type: 'container',
      namespace: because.namespace ?? '',
      pod: because.name,
      container: because.detail,
    };
  }
  const entersNetwork = namespaces.has('n') || namespaces.has('a');
  return entersNetwork && namespace !== place.node ? { ...place, netns: namespace } : place;
}
