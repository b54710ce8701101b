import { addToIp } from '../base/ip.ts';
import { nextInt, nextUint32, type RandomState } from '../base/random.ts';
import type {
  BridgeConfiguration,
  HostLocalConfiguration,
  NetworkConfiguration,
  PluginConfiguration,
  PortMapping,
  RangeConfiguration,
} from '../node/cni/network-configuration.ts';
import { SET_MARK_CHAIN, type CniCase, type CniStep } from './cni-case.ts';

const pick = <T>(random: RandomState, items: readonly [T, ...T[]]): T =>
  items[nextInt(random, items.length)] ?? items[0];

/** True about `percent` times of a hundred. */
const happens = (random: RandomState, percent: number) => nextInt(random, 100) < percent;

const flag = <K extends string>(random: RandomState, name: K, percent: number) =>
  happens(random, percent)
    ? ({ [name]: happens(random, 80) } as Partial<Record<K, boolean>>)
    : ({} as Partial<Record<K, boolean>>);

/** A range in a /16 of its own (`10.<block>`), sometimes one that must be refused. */
function drawRange(random: RandomState, block: number): RangeConfiguration {
  const prefix = pick(random, [24, 24, 26, 28, 29, 30]);
  const base = `10.${block}.${nextInt(random, 4)}.0`;
  const at = (offset: number) => addToIp(base, offset) ?? base;
  const size = 2 ** (32 - prefix);
  const subnet = happens(random, 3) ? `${at(5)}/${prefix}` : `${base}/${prefix}`;
  const first = 1 + nextInt(random, Math.max(1, size / 2));
  const last = first + nextInt(random, Math.max(1, size - first));
  return {
    subnet,
    ...(happens(random, 30) ? { rangeStart: at(first) } : {}),
    ...(happens(random, 30) ? { rangeEnd: at(last) } : {}),
    ...(happens(random, 25) ? { gateway: at(pick(random, [1, 2, size - 2])) } : {}),
  };
}

/** A range of IPv6 in a /32 of its own (`fd00:<block>::`), sometimes one that must be refused. */
function drawRange6(random: RandomState, block: number): RangeConfiguration {
  const prefix = pick(random, [64, 64, 112, 122, 126]);
  const base = `fd00:${block}:${1 + nextInt(random, 4)}::`;
  const at = (offset: number) => addToIp(base, offset) ?? base;
  const size = Math.min(2 ** (128 - prefix), 64);
  const subnet = happens(random, 3) ? `${at(5)}/${prefix}` : `${base}/${prefix}`;
  const first = 1 + nextInt(random, size - 2);
  const last = first + nextInt(random, size - first);
  return {
    subnet,
    ...(happens(random, 30) ? { rangeStart: at(first) } : {}),
    ...(happens(random, 30) ? { rangeEnd: at(last) } : {}),
    ...(happens(random, 25) ? { gateway: at(pick(random, [1, 2, size - 1])) } : {}),
  };
}

function drawRoutes6(random: RandomState, range: RangeConfiguration) {
  const inside = addToIp(range.subnet.split('/')[0] ?? '', 2) ?? '';
  const all = [
    { dst: '::/0' },
    { dst: '2001:db8:1::/64' },
    { dst: '2001:db8:2::/48', gw: inside },
    { dst: 'fd00::/16' },
    { dst: '2001:db8:3::7/128', gw: inside },
    { dst: '2001:db8:4::/64', gw: 'fd09::1' },
  ];
  const weights = [12, 30, 25, 25, 15, 4];
  return all.filter((_, index) => happens(random, weights[index] ?? 0));
}

/** Both families, in either order, or IPv6 alone. */
function drawIpam6(random: RandomState): HostLocalConfiguration {
  const [four, six] = [drawRange(random, 1), drawRange6(random, 1)];
  const ranges = pick(random, [[[four], [six]], [[four], [six]], [[six], [four]], [[six]]]);
  const routes = [
    ...(ranges.length === 2 ? drawRoutes(random, four) : []),
    ...drawRoutes6(random, six),
  ];
  return { type: 'host-local', ranges, ...(routes.length > 0 ? { routes } : {}) };
}

function drawRoutes(random: RandomState, range: RangeConfiguration | undefined) {
  const inside = range ? (addToIp(range.subnet.split('/')[0] ?? '', 2) ?? '') : '10.0.0.2';
  const all = [
    { dst: '0.0.0.0/0' },
    { dst: '192.0.2.0/24' },
    { dst: '172.16.0.0/12', gw: inside },
    { dst: '10.0.0.0/8' },
    { dst: '198.51.100.7/32', gw: inside },
    { dst: '203.0.113.0/24', gw: '10.255.0.1' },
  ];
  const weights = [12, 30, 25, 25, 15, 4];
  return all.filter((_, index) => happens(random, weights[index] ?? 0));
}

function drawIpam(random: RandomState): HostLocalConfiguration {
  const single = drawRange(random, 1);
  const ranges = happens(random, 75)
    ? [[single]]
    : happens(random, 60)
      ? [[single, drawRange(random, 2)]]
      : [[single], [drawRange(random, happens(random, 85) ? 3 : 1)]];
  const routes = drawRoutes(random, single);
  return {
    type: 'host-local',
    ...(ranges.length === 1 && ranges[0]?.length === 1 && happens(random, 30)
      ? single
      : { ranges }),
    ...(routes.length > 0 ? { routes } : {}),
    ...(happens(random, 40) ? { dataDir: '/var/lib/cni/elsewhere' } : {}),
  };
}

function drawBridge(random: RandomState): BridgeConfiguration {
  return {
    type: 'bridge',
    ...(happens(random, 70) ? { bridge: pick(random, ['cni0', 'cbr0', 'br-pods']) } : {}),
    ...flag(random, 'isGateway', 60),
    ...flag(random, 'isDefaultGateway', 60),
    ...flag(random, 'forceAddress', 20),
    ...flag(random, 'ipMasq', 60),
    ...flag(random, 'hairpinMode', 50),
    ...flag(random, 'promiscMode', 15),
    ...(happens(random, 50) ? { mtu: pick(random, [0, 1280, 1400, 1450, 9000]) } : {}),
    ipam: happens(random, 40) ? drawIpam6(random) : drawIpam(random),
  };
}

function drawPlugins(random: RandomState): PluginConfiguration[] {
  const bridge = drawBridge(random);
  if (happens(random, 40)) return [bridge];
  const own = happens(random, 75);
  return [
    bridge,
    {
      type: 'portmap',
      capabilities: { portMappings: true },
      ...flag(random, 'snat', 40),
      ...(own && happens(random, 30) ? { markMasqBit: pick(random, [5, 13, 20, 31]) } : {}),
      ...(own ? {} : { externalSetMarkChain: SET_MARK_CHAIN }),
    },
  ];
}

/** Where a host port is asked for: mostly anywhere. */
const HOST_IPS = [undefined, undefined, '192.168.77.2', '0.0.0.0', '', 'fd00:77::2', '::'] as const;

function drawPortMappings(random: RandomState): PortMapping[] {
  const few = nextInt(random, 4);
  const count = happens(random, 8) ? 18 : few;
  return Array.from({ length: count }, (_, index): PortMapping => {
    const hostIP = pick(random, HOST_IPS);
    return {
      hostPort: 8000 + 40 * index + nextInt(random, 40),
      containerPort: 1 + nextInt(random, 9000),
      protocol: count > 9 ? 'tcp' : pick(random, ['tcp', 'tcp', 'udp', 'sctp']),
      ...(hostIP === undefined ? {} : { hostIP }),
    };
  });
}

const drawContainerId = (random: RandomState) =>
  Array.from({ length: 8 }, () => nextUint32(random).toString(16).padStart(8, '0')).join('');

/** Pods come and go: every one that is there may be deleted, now and then twice, and come back as another container. */
function drawSteps(random: RandomState): CniStep[] {
  const present = new Map<string, string>();
  const gone: [string, string][] = [];
  const steps: CniStep[] = [];
  const count = 5 + nextInt(random, 5);
  for (let i = 0; i < count; i++) {
    const [old] = present;
    if (old && happens(random, 30)) {
      const [pod, containerId] = old;
      present.delete(pod);
      gone.push([pod, containerId]);
      steps.push({ command: 'DEL', pod, containerId });
      continue;
    }
    const again = gone.at(-1);
    if (again && happens(random, 15)) {
      const [pod, containerId] = again;
      if (!present.has(pod)) steps.push({ command: 'DEL', pod, containerId });
      continue;
    }
    const back = gone.find(([pod]) => !present.has(pod));
    const pod = back && happens(random, 30) ? back[0] : `p${i}`;
    const containerId = drawContainerId(random);
    present.set(pod, containerId);
    steps.push({ command: 'ADD', pod, containerId, portMappings: drawPortMappings(random) });
  }
  return steps;
}

/** A network configuration list, and pods that come and go under it. */
export function drawCase(random: RandomState, index: number): CniCase {
  const configuration: NetworkConfiguration = {
    cniVersion: pick(random, ['0.3.1', '0.4.0', '1.0.0', '1.0.0']),
    name: pick(random, ['cbr0', 'k8s-pod-network', 'mynet']),
    plugins: drawPlugins(random),
  };
  return { title: `configuration ${index}`, configuration, steps: drawSteps(random) };
}
