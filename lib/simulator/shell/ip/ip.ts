import { ipVersion } from '../../base/ip.ts';
import type { Link } from '../../linux/network.ts';
import { finished, type CommandContext, type CommandResult } from '../command.ts';
import { onLinux, type LocalSystem } from '../namespace-of-place.ts';
import { ipRoute } from './ip-route.ts';
import { addressLines, briefLine, inOrder, linkLines } from './link-text.ts';

interface IpOptions {
  family: 4 | 6 | undefined;
  brief: boolean;
  oneLine: boolean;
  namespace?: string;
}

/** Objects in the order in which ip(8) matches their beginnings (ip/ip.c `cmds`). */
const OBJECTS = [
  'address',
  'addrlabel',
  'maddress',
  'route',
  'rule',
  'neighbor',
  'neighbour',
  'ntable',
  'link',
  'netns',
] as const;

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | neighbour | netns | route | rule }
       OPTIONS := { -4 | -6 | -br[ief] | -o[neline] | -n[etns] name }
`;

const printed = (lines: readonly string[]) => finished(lines.map((line) => `${line}\n`).join(''));
const fail = (text: string, exitCode = 1) => finished('', exitCode, `${text}\n`);
const isShow = (verb: string) =>
  verb !== '' && ('show'.startsWith(verb) || 'list'.startsWith(verb) || verb === 'lst');

function parseOptions(
  args: readonly string[],
): { options: IpOptions; words: readonly string[] } | string {
  const options: IpOptions = { family: undefined, brief: false, oneLine: false };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-')) return { options, words: args.slice(i) };
    const name = arg.replace(/^--?/, '');
    if (name === '4') options.family = 4;
    else if (name === '6') options.family = 6;
    else if (name.length > 1 && 'brief'.startsWith(name)) options.brief = true;
    else if ('oneline'.startsWith(name)) options.oneLine = true;
    else if (name === 'n' || name === 'netns') options.namespace = args[++i] ?? '';
    else if (!/^(d|details|s|stats|c|color|color=\w+|h|human|N|t|r|p|pretty)$/.test(name))
      return `Option "${arg}" is unknown, try "ip -help".`;
  }
  return { options, words: [] };
}

/** Links that `show [dev] NAME`, `show up`, `type KIND`, `master NAME` leave; a text is the error. */
function selectLinks(words: readonly string[], { namespace }: LocalSystem): Link[] | string {
  let links = inOrder(namespace);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'up') links = links.filter(({ isUp }) => isUp);
    else if (word === 'type') {
      const kind = words[++i];
      links = links.filter((link) => link.kind === kind);
    } else if (word === 'master') {
      const master = words[++i];
      links = links.filter((link) => link.master === master);
    } else if (word === 'scope' || word === 'to') i += 1;
    else {
      const name = word === 'dev' ? (words[++i] ?? '') : word;
      if (!namespace.links[name]) return `Device "${name}" does not exist.`;
      links = links.filter((link) => link.name === name);
    }
  }
  return links;
}

function showLinks(
  words: readonly string[],
  mode: 'link' | 'address',
  options: IpOptions,
  system: LocalSystem,
  { cluster }: CommandContext,
): CommandResult {
  const links = selectLinks(words, system);
  if (typeof links === 'string') return fail(links);
  const { network } = cluster;
  const { namespace } = system;
  const lines = links.flatMap((link) => {
    const addresses = link.addresses.filter(
      ({ address }) => options.family === undefined || ipVersion(address) === options.family,
    );
    if (mode === 'address' && options.family !== undefined && addresses.length === 0) return [];
    if (options.brief)
      return [briefLine(network, namespace, link, mode === 'link' ? 'link' : addresses)];
    const head = linkLines(network, namespace, link, mode);
    if (mode === 'link') return options.oneLine ? [head.join('\\')] : head;
    const body = addresses.map((entry) => addressLines(link, entry));
    if (options.oneLine)
      return body.map(
        (pair) =>
          `${link.index}: ${link.name.padEnd(7)} ${pair.map((line) => line.trimStart()).join('\\       ')}`,
      );
    return [...(options.family === undefined ? head : head.slice(0, 1)), ...body.flat()];
  });
  return printed(lines);
}

/** `ip link set NAME up|down|mtu N`. */
function setLink(words: readonly string[], system: LocalSystem): CommandResult {
  const rest = words[0] === 'dev' ? words.slice(1) : words;
  const [name = '', ...changes] = rest;
  const link = system.namespace.links[name];
  if (!link) return fail(`Cannot find device "${name}"`);
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted', 2);
  for (let i = 0; i < changes.length; i++) {
    const word = changes[i];
    if (word === 'up') link.isUp = true;
    else if (word === 'down') link.isUp = false;
    else if (word === 'mtu') {
      const mtu = Number(changes[++i]);
      if (!Number.isInteger(mtu) || mtu < 68)
        return fail('Error: mtu less than device minimum.', 2);
      link.mtu = mtu;
    } else return fail(`Error: either "dev" is duplicate, or "${word}" is a garbage.`, 255);
  }
  return finished('');
}

function neighbours(words: readonly string[], system: LocalSystem): CommandResult {
  const [verb = 'show', ...rest] = words;
  if (!isShow(verb)) return fail(`Command "${verb}" is unknown, try "ip neighbour help".`, 255);
  const device = rest[0] === 'dev' ? rest[1] : undefined;
  return printed(
    system.namespace.neighbours
      .filter((entry) => device === undefined || entry.device === device)
      .map(({ address, device: name, mac, state }) =>
        [
          address,
          ...(device === undefined ? [`dev ${name}`] : []),
          ...(mac === undefined ? [] : [`lladdr ${mac}`]),
          `${state} `,
        ].join(' '),
      ),
  );
}

function netns(
  words: readonly string[],
  system: LocalSystem,
  { cluster, place }: CommandContext,
): CommandResult {
  const [verb = 'list'] = words;
  if (!isShow(verb)) return fail(`Command "${verb}" is unknown, try "ip netns help".`, 255);
  if (place.type === 'container') return finished('');
  const here = Object.values(cluster.network.namespaces).filter(
    ({ id, machine }) => machine === system.machine.name && id !== machine,
  );
  return printed(here.map(({ id }, i) => `${id} (id: ${i})`));
}

/** `-n NAME`: another namespace of the same machine. */
function inNamespace(
  system: LocalSystem,
  name: string | undefined,
  { cluster, place }: CommandContext,
): LocalSystem | undefined {
  if (name === undefined) return system;
  const namespace = cluster.network.namespaces[name];
  if (place.type === 'container' || namespace?.machine !== system.machine.name) return undefined;
  return { ...system, namespace };
}

/** ip(8) of iproute2 6.1: address, link, route, rule, neighbour, netns. Simplified: no statistics, no IPv6 link-local addresses. */
export const ip = onLinux((args, system, context) => {
  const parsed = parseOptions(args);
  if (typeof parsed === 'string') return fail(parsed, 255);
  const { options, words } = parsed;
  const target = inNamespace(system, options.namespace, context);
  if (!target)
    return fail(`Cannot open network namespace "${options.namespace}": No such file or directory`);
  const [object = '', ...rest] = words;
  if (object === '' || object === 'help') return finished('', 255, USAGE);
  const name = OBJECTS.find((one) => one.startsWith(object));
  const [verb = 'show', ...more] = rest;
  switch (name) {
    case 'address':
      return isShow(verb)
        ? showLinks(more, 'address', options, target, context)
        : fail(`Command "${verb}" is unknown, try "ip address help".`, 255);
    case 'link':
      if (verb === 'set') return setLink(more, target);
      return isShow(verb)
        ? showLinks(more, 'link', options, target, context)
        : fail(`Command "${verb}" is unknown, try "ip link help".`, 255);
    case 'route':
      return ipRoute(rest, target);
    case 'rule':
      return isShow(verb)
        ? finished(
            '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
          )
        : fail(`Command "${verb}" is unknown, try "ip rule help".`, 255);
    case 'neighbor':
    case 'neighbour':
      return neighbours(rest, target);
    case 'netns':
      return netns(rest, target, context);
    case 'addrlabel':
    case 'maddress':
    case 'ntable':
      return finished('');
    case undefined:
      return fail(`Object "${object}" is unknown, try "ip help".`);
  }
});
