import { finished, type CommandContext, type CommandResult } from '../command.ts';
import { onLinux, type LocalSystem } from '../namespace-of-place.ts';
import { addLink } from './add-link.ts';
import { changeAddress, deleteLink, flushAddresses, setLink } from './change-link.ts';
import { ipNeighbour } from './ip-neigh.ts';
import { parseIpOptions, type IpOptions } from './ip-options.ts';
import { ipRoute } from './ip-route.ts';
import { ipRule } from './ip-rule.ts';
import { showLinks } from './show-links.ts';

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
       OPTIONS := { -4 | -6 | -br[ief] | -d[etails] | -j[son] | -o[neline] | -s[tatistics] | -n[etns] name }
`;

const fail = (text: string, exitCode = 1) => finished('', exitCode, `${text}\n`);
const isShow = (verb: string) =>
  verb !== '' && ('show'.startsWith(verb) || 'list'.startsWith(verb) || verb === 'lst');

function address(
  [verb = 'show', ...words]: readonly string[],
  options: IpOptions,
  system: LocalSystem,
  context: CommandContext,
): CommandResult {
  if (isShow(verb)) return showLinks(words, 'address', options, system, context);
  const known = (['add', 'change', 'replace', 'delete', 'flush'] as const).find((name) =>
    name.startsWith(verb),
  );
  switch (known) {
    case 'delete':
      return changeAddress('del', words, system, context);
    case 'flush':
      return flushAddresses(words, options.family, system, context);
    case 'add':
      return changeAddress('add', words, system, context);
    case 'change':
    case 'replace':
      return changeAddress('replace', words, system, context);
    case undefined:
      return fail(`Command "${verb}" is unknown, try "ip address help".`, 255);
  }
}

function link(
  [verb = 'show', ...words]: readonly string[],
  options: IpOptions,
  system: LocalSystem,
  context: CommandContext,
): CommandResult {
  if (verb === 'set') return setLink(words, system, context);
  if (verb === 'add' || verb === 'a') return addLink(words, system, context);
  if (verb !== '' && 'delete'.startsWith(verb)) return deleteLink(words, system, context);
  return isShow(verb)
    ? showLinks(words, 'link', options, system, context)
    : fail(`Command "${verb}" is unknown, try "ip link help".`, 255);
}

function netns(
  [verb = 'list', name, ...argv]: readonly string[],
  system: LocalSystem,
  { cluster, place }: CommandContext,
): CommandResult {
  const here = Object.values(cluster.network.namespaces).filter(
    ({ id, machine }) => machine === system.machine.name && id !== machine,
  );
  if (verb === 'exec' && place.type === 'node') {
    if (name === undefined) return fail('No netns name specified', 255);
    if (!here.some(({ id }) => id === name)) return fail(noNamespace(name), 255);
    if (argv.length === 0) return fail('No command specified', 255);
    return { type: 'elsewhere', place: { ...place, netns: name }, argv };
  }
  if (!isShow(verb)) return fail(`Command "${verb}" is unknown, try "ip netns help".`, 255);
  if (place.type === 'container') return finished('');
  return finished(here.map(({ id }, i) => `${id} (id: ${i})\n`).join(''));
}

const noNamespace = (name: string) =>
  `Cannot open network namespace "${name}": No such file or directory`;

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

/** ip(8) of iproute2 6.1: address, link, route, rule, neighbour, netns. */
export const ip = onLinux((args, system, context) => {
  const parsed = parseIpOptions(args);
  if (typeof parsed === 'string') return fail(parsed, 255);
  const { options, words } = parsed;
  const target = inNamespace(system, options.namespace, context);
  if (!target) return fail(noNamespace(options.namespace ?? ''), 255);
  const [object = '', ...rest] = words;
  if (object === '' || object === 'help') return finished('', 255, USAGE);
  switch (OBJECTS.find((one) => one.startsWith(object))) {
    case 'address':
      return address(rest, options, target, context);
    case 'link':
      return link(rest, options, target, context);
    case 'route':
      return ipRoute(rest, options, target, context.cluster.now);
    case 'rule':
      return ipRule(rest, options, target);
    case 'neighbor':
    case 'neighbour':
      return ipNeighbour(rest, options, target, context);
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
