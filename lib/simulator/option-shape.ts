import type { OptionProblem } from './option-problem.ts';

/** Looks at a value that may be anything, and says what is wrong with its shape. */
export type ShapeCheck = (value: unknown, path: string) => readonly OptionProblem[];

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (path: string, wanted: string): readonly OptionProblem[] => [
  { path, message: `This must be ${wanted}.` },
];

const text: ShapeCheck = (value, path) => (typeof value === 'string' ? [] : wrong(path, 'a text'));
const flag: ShapeCheck = (value, path) =>
  typeof value === 'boolean' ? [] : wrong(path, 'true or false');
const wholeNumber: ShapeCheck = (value, path) =>
  Number.isSafeInteger(value) ? [] : wrong(path, 'a whole number');

const oneOf =
  (...values: readonly string[]): ShapeCheck =>
  (value, path) =>
    typeof value === 'string' && values.includes(value) ? [] : wrong(path, values.join(' or '));

/** A list of at most `most` members. */
const listOf =
  (check: ShapeCheck, most: number): ShapeCheck =>
  (value, path) => {
    if (!Array.isArray(value)) return wrong(path, 'a list');
    if (value.length > most) return wrong(path, `a list of no more than ${most}`);
    return value.flatMap((member, index) => check(member, `${path}[${index}]`));
  };

const textsByName: ShapeCheck = (value, path) =>
  isPlainObject(value)
    ? Object.entries(value).flatMap(([name, member]) => text(member, `${path}.${name}`))
    : wrong(path, 'texts by name');

/** A record with these fields and no others; those whose name ends with `?` may be left out. */
function record(fields: Readonly<Record<string, ShapeCheck>>): ShapeCheck {
  return (value, path) => {
    if (!isPlainObject(value)) return wrong(path, 'a record');
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    const known = new Map(
      Object.entries(fields).map(([key, check]) => [key.replace('?', ''), check]),
    );
    const strangers = Object.keys(value).filter((name) => !known.has(name));
    const missing = Object.keys(fields).filter(
      (key) => !key.endsWith('?') && value[key] === undefined,
    );
    return [
      ...strangers.map((name) => ({ path: at(name), message: 'There is no such option.' })),
      ...missing.map((name) => ({ path: at(name), message: 'This is needed.' })),
      ...[...known].flatMap(([name, check]) =>
        value[name] === undefined ? [] : check(value[name], at(name)),
      ),
    ];
  };
}

/** What a segment with room for 254 addresses holds, beside the machines that are there already. */
const MOST_NODES = 250;

const node = record({
  name: text,
  address: text,
  'address6?': text,
  'labels?': textsByName,
});

const detectLocal: ShapeCheck = (value, path) => {
  const mode = isPlainObject(value) ? value['mode'] : undefined;
  if (mode === 'BridgeInterface') return record({ mode: text, bridge: text })(value, path);
  if (mode === 'InterfaceNamePrefix') return record({ mode: text, prefix: text })(value, path);
  const modes = oneOf('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix');
  return record({ mode: modes })(value, path);
};

const kubeProxy = record({
  'masqueradeAll?': flag,
  'detectLocal?': detectLocal,
  'nodePortAddresses?': listOf(text, 50),
  'localhostNodePorts?': flag,
  'syncDelayMs?': wholeNumber,
  'minSyncPeriodMs?': wholeNumber,
});

const portRange: ShapeCheck = (value, path) =>
  Array.isArray(value) && value.length === 2
    ? value.flatMap((port, index) => wholeNumber(port, `${path}[${index}]`))
    : wrong(path, 'a list of two: the first and the last port');

/** The shape of options that name some: every field may be left out, none may be unknown. */
export const checkOptionShape: ShapeCheck = record({
  'kubernetesVersion?': oneOf('1.35'),
  'nodes?': listOf(node, MOST_NODES),
  'podCidr?': text,
  'serviceCidr?': text,
  'nodePortRange?': portRange,
  'clusterDomain?': text,
  'dnsServiceIp?': text,
  'proxyMode?': oneOf('iptables', 'nftables'),
  'kubeProxy?': kubeProxy,
  'cni?': oneOf('routed', 'vxlan', 'bgp'),
  'podMtu?': wholeNumber,
  'outside?': oneOf('internet', 'none'),
  'loadBalancer?': oneOf('none', 'cloud', 'cloud-vip', 'layer2'),
  'nodeDns?': oneOf('none', 'cache'),
  'networkPolicies?': oneOf('enforced', 'ignored'),
});
