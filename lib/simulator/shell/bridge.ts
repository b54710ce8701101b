import type { Link } from '../linux/network.ts';
import {
  addFdbEntry,
  appendFdbEntry,
  deleteFdbEntry,
  formatFdbEntry,
  listFdb,
  replaceFdbEntry,
} from '../linux/vxlan-fdb.ts';
import { finished, type CommandContext, type CommandResult } from './command.ts';
import { inOrder, linkFlags, linkName } from './ip/link-text.ts';
import { onLinux, type LocalSystem } from './namespace-of-place.ts';

const USAGE = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb }
`;

const fail = (text: string, exitCode = 255) => finished('', exitCode, `${text}\n`);
const printed = (lines: readonly string[]) => finished(lines.map((line) => `${line}\n`).join(''));

/** `key value` pairs of a bridge(8) command; flags (`self`, `permanent`) are left out. */
function readPairs(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (['dev', 'dst', 'br', 'brport', 'port', 'vni', 'via'].includes(word)) {
      pairs[word] = words[++i] ?? '';
    } else if (/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(word)) pairs['mac'] = word.toLowerCase();
  }
  return pairs;
}

function showLinks(
  words: readonly string[],
  { namespace }: LocalSystem,
  { cluster }: CommandContext,
) {
  const { dev } = readPairs(words);
  if (dev !== undefined && !namespace.links[dev]) return fail(`Cannot find device "${dev}"`);
  const ports = inOrder(namespace).filter(
    ({ master, name }) => master !== undefined && (dev === undefined || dev === name),
  );
  return printed(
    ports.map((port) => {
      const flags = linkFlags(cluster.network, namespace, port).join(',');
      const state = port.isUp ? 'forwarding' : 'disabled';
      return `${port.index}: ${linkName(cluster.network, namespace, port)}: <${flags}> mtu ${port.mtu} master ${port.master} state ${state} priority 32 cost 2 `;
    }),
  );
}

/** br_ageing_time, as linux/bridge.ts counts it. */
const AGEING = 300_000_000;

/** Entries of one device: a port's learned ones and its own address, a tunnel's remote ends, a bridge's own address. */
function entriesOf(link: Link, { namespace }: LocalSystem, now: number): string[] {
  if (link.kind === 'vxlan') {
    return listFdb(link, now).map((entry) =>
      formatFdbEntry(entry).replace(' ', ` dev ${link.name} `),
    );
  }
  const groups = [
    `33:33:00:00:00:01 dev ${link.name} self permanent`,
    `01:00:5e:00:00:01 dev ${link.name} self permanent`,
  ];
  if (link.kind === 'bridge')
    return [...groups, `${link.mac} dev ${link.name} master ${link.name} permanent`];
  const bridge = link.master === undefined ? undefined : namespace.links[link.master];
  if (bridge?.kind !== 'bridge') return link.kind === 'loopback' ? [] : groups;
  const learned = Object.entries(bridge.fdb)
    .filter(([mac, { port, at }]) => port === link.name && mac !== link.mac && now - at < AGEING)
    .map(([mac]) => `${mac} dev ${link.name} master ${bridge.name} `);
  return [...learned, `${link.mac} dev ${link.name} master ${bridge.name} permanent`, ...groups];
}

function showFdb(words: readonly string[], system: LocalSystem, { cluster }: CommandContext) {
  const { dev, br, brport } = readPairs(words);
  const device = dev ?? brport;
  if (device !== undefined && !system.namespace.links[device]) {
    return fail(`Cannot find device "${device}"`);
  }
  if (br !== undefined && !system.namespace.links[br]) {
    return fail(`Cannot find bridge device "${br}"`);
  }
  const wanted = inOrder(system.namespace).filter(
    ({ name, master }) =>
      (device === undefined || name === device) &&
      (br === undefined || name === br || master === br),
  );
  const lines = wanted.flatMap((link) => entriesOf(link, system, cluster.now));
  // With a device given, bridge(8) does not repeat it.
  return printed(
    device === undefined ? lines : lines.map((line) => line.replace(` dev ${device}`, '')),
  );
}

/** Simplified: only a tunnel's entries can be changed; a bridge's are learned. */
function changeFdb(
  verb: 'add' | 'append' | 'replace' | 'del',
  words: readonly string[],
  { namespace, mayAdminister }: LocalSystem,
  { cluster }: CommandContext,
): CommandResult {
  const { dev, mac, dst } = readPairs(words);
  const [first = ''] = words;
  if (mac === undefined && dev !== undefined && first !== 'dev')
    return fail(`Invalid mac address ${first}`);
  if (dev === undefined || mac === undefined)
    return fail('Device and address are required arguments.');
  const link = namespace.links[dev];
  if (!link) return fail(`Cannot find device "${dev}"`);
  if (!mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  if (link.kind !== 'vxlan') return fail('RTNETLINK answers: Operation not supported');
  if (verb === 'del') {
    const problem = deleteFdbEntry(link, { mac, ...(dst !== undefined && { remote: dst }) });
    return problem === undefined ? finished('') : fail(problem);
  }
  if (dst === undefined) return fail('RTNETLINK answers: Invalid argument');
  const entry = { mac, remote: dst };
  if (verb === 'append') appendFdbEntry(link, entry, cluster.now);
  else if (verb === 'replace') replaceFdbEntry(link, entry, cluster.now);
  else {
    const problem = addFdbEntry(link, entry, cluster.now);
    if (problem !== undefined) return fail(problem);
  }
  return finished('');
}

/** bridge(8) of iproute2 6.1: link and fdb. */
export const bridge = onLinux((args, system, context) => {
  const words = args.filter((arg) => !/^-\w+$/.test(arg));
  const [object = '', verb = 'show', ...rest] = words;
  if (object === '' || object === 'help') return finished('', 255, USAGE);
  const isShow = 'show'.startsWith(verb) || 'list'.startsWith(verb) || verb === 'lst';
  if ('link'.startsWith(object)) {
    return isShow
      ? showLinks(rest, system, context)
      : fail(`Command "${verb}" is unknown, try "bridge link help".`);
  }
  if (!'fdb'.startsWith(object)) return fail(`Object "${object}" is unknown, try "bridge help".`);
  if (isShow) return showFdb(rest, system, context);
  const known = (['add', 'append', 'replace', 'delete'] as const).find((name) =>
    name.startsWith(verb),
  );
  return known === undefined
    ? fail(`Command "${verb}" is unknown, try "bridge fdb help".`)
    : changeFdb(known === 'delete' ? 'del' : known, rest, system, context);
});
