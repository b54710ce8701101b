import type { Link, NetworkNamespace } from '../../linux/network.ts';
import { addBridge, addDummy, addVethPair, setLinkState } from '../../linux/links.ts';
import { addVxlan } from '../../linux/vxlan-link.ts';
import { finished, type CommandContext, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';

const fail = (text: string, exitCode = 2) => finished('', exitCode, `${text}\n`);
const MAC = /^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i;

/** What `ip link add` asks for: the words before `type`, the kind, and the kind's own words. */
interface NewLink {
  readonly name: string | undefined;
  readonly mac?: string;
  readonly mtu?: number;
  readonly kind: string | undefined;
  readonly own: readonly string[];
}

/** `[name] NAME`, `key value` pairs, `type KIND ...` (iplink_parse). A result is the error. */
function readNewLink(words: readonly string[]): NewLink | CommandResult {
  const at = words.indexOf('type');
  const before = at < 0 ? words : words.slice(0, at);
  const pairs: Record<string, string> = {};
  for (let i = 0; i < before.length; i++) {
    const word = before[i] ?? '';
    if (['name', 'dev', 'address', 'mtu', 'txqueuelen', 'qlen', 'link', 'peer'].includes(word)) {
      const value = before[++i];
      if (value === undefined) return fail('Command line is not complete. Try option "help"', 255);
      pairs[word === 'dev' ? 'name' : word] = value;
    } else if (pairs['name'] === undefined) pairs['name'] = word;
    else return fail(`Error: either "dev" is duplicate, or "${word}" is a garbage.`, 255);
  }
  const { name, address, mtu } = pairs;
  if (address !== undefined && !MAC.test(address))
    return fail(`"${address}" is invalid lladdr.`, 255);
  if (mtu !== undefined && !/^\d+$/.test(mtu))
    return fail(`Error: argument "${mtu}" is wrong: Invalid "mtu" value\n`, 255);
  return {
    name,
    ...(address !== undefined && { mac: address.toLowerCase() }),
    ...(mtu !== undefined && { mtu: Number(mtu) }),
    kind: at < 0 ? undefined : words[at + 1],
    own: at < 0 ? [] : words.slice(at + 2),
  };
}

/** The name that the kernel gives a device that is asked for without one: `veth0`, `br0` ... */
function freeName({ links }: NetworkNamespace, stem: string): string {
  for (let i = 0; ; i++) if (!links[`${stem}${i}`]) return `${stem}${i}`;
}

type Making = (
  wanted: NewLink & { readonly name: string },
  system: LocalSystem,
  context: CommandContext,
) => CommandResult | undefined;

const dressed = ({ mac, mtu }: NewLink) => ({
  ...(mac !== undefined && { mac }),
  ...(mtu !== undefined && { mtu }),
});

const makeBridge: Making = (wanted, { namespace }, { cluster: { network, environment } }) => {
  addBridge(network, environment, {
    namespace: namespace.id,
    name: wanted.name,
    ...dressed(wanted),
  });
  const link = namespace.links[wanted.name];
  if (wanted.mac !== undefined && link?.kind === 'bridge') link.hasOwnMac = true;
  return undefined;
};

const makeDummy: Making = (wanted, { namespace }, { cluster: { network, environment } }) => {
  addDummy(network, environment, { namespace: namespace.id, name: wanted.name });
  const link = namespace.links[wanted.name];
  if (link) Object.assign(link, dressed(wanted));
  return undefined;
};

/** The kernel makes the peer first, so that it has the lower number (veth_newlink). */
const makeVeth: Making = (wanted, { namespace }, { cluster: { network, environment } }) => {
  const words = wanted.own[0] === 'peer' ? wanted.own.slice(1) : wanted.own;
  const peer = readNewLink(words);
  if ('type' in peer) return peer;
  const other = peer.name ?? freeName(namespace, 'veth');
  if (namespace.links[other]) return fail('RTNETLINK answers: File exists');
  addVethPair(
    network,
    environment,
    { namespace: namespace.id, name: other, ...dressed(peer) },
    { namespace: namespace.id, name: wanted.name, ...dressed(wanted) },
  );
  setLinkState(network, namespace.id, other, 'down');
  return undefined;
};

const VXLAN_FLAGS: readonly string[] = ['learning', 'nolearning', 'external', 'noudpcsum'];

/** Simplified: of vxlan's own words id, dstport, local, remote, dev and nolearning; others are passed over. */
const makeVxlan: Making = (wanted, { namespace }, { cluster: { network, environment } }) => {
  const pairs: Record<string, string> = {};
  for (let i = 0; i < wanted.own.length; i++) {
    const word = wanted.own[i] ?? '';
    if (VXLAN_FLAGS.includes(word)) pairs[word] = word;
    else pairs[word === 'vni' ? 'id' : word] = wanted.own[++i] ?? '';
  }
  const { id, local, remote, dev, dstport } = pairs;
  if (id === undefined) return fail('vxlan: missing virtual network identifier', 255);
  const vni = Number(id);
  if (!Number.isInteger(vni) || vni >= 2 ** 24)
    return fail(`Error: argument "${id}" is wrong: invalid id\n`, 255);
  if (dev !== undefined && !namespace.links[dev]) return fail(`Cannot find device "${dev}"`, 1);
  addVxlan(network, environment, {
    namespace: namespace.id,
    name: wanted.name,
    vni,
    ...dressed(wanted),
    ...(local !== undefined && { local }),
    ...(remote !== undefined && { remote }),
    ...(dev !== undefined && { underlay: dev }),
    ...(dstport !== undefined && { port: Number(dstport) }),
    learning: pairs['nolearning'] === undefined ? 'on' : 'off',
  });
  return undefined;
};

const KINDS: Readonly<Record<Exclude<Link['kind'], 'loopback'>, Making>> = {
  bridge: makeBridge,
  dummy: makeDummy,
  veth: makeVeth,
  vxlan: makeVxlan,
};

const isKind = (kind: string): kind is keyof typeof KINDS => Object.hasOwn(KINDS, kind);

/** `ip link add [name] NAME [address MAC] [mtu N] type bridge|dummy|veth|vxlan ...`, down. Simplified: no other kinds. */
export function addLink(
  words: readonly string[],
  system: LocalSystem,
  context: CommandContext,
): CommandResult {
  const wanted = readNewLink(words);
  if ('type' in wanted) return wanted;
  const { kind } = wanted;
  if (kind === undefined) return fail('Not enough information: "type" argument is required', 1);
  if (wanted.name !== undefined && wanted.name.length > 15)
    return fail(`Error: argument "${wanted.name}" is wrong: "name" not a valid ifname`, 255);
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  const { namespace } = system;
  if (wanted.name !== undefined && namespace.links[wanted.name])
    return fail('RTNETLINK answers: File exists');
  if (!isKind(kind)) return fail('Error: Unknown device type.');
  const name = wanted.name ?? freeName(namespace, kind);
  const problem = KINDS[kind]({ ...wanted, name }, system, context);
  if (problem) return problem;
  setLinkState(context.cluster.network, namespace.id, name, 'down');
  return finished('');
}
