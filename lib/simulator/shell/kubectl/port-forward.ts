import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { requireKind } from '../../api/kinds.ts';
import { ipVersion } from '../../base/ip.ts';
import { startProcess } from '../../linux/process.ts';
import { podNetworkNamespace } from '../../node/kubelet/container-process.ts';
import {
  LOCAL_END,
  type ForwardedPort,
  type ForwardRequest,
  type ListenAddress,
} from '../../node/port-forward/local-end.ts';
import { WORKSTATION } from '../../site.ts';
import type { CommandResult } from '../command.ts';
import { ask, fail, failUsage, urlOf, valueOf, valuesOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { podsOf } from './logs.ts';
import { parseDuration } from './parse-duration.ts';
import { fetchTarget, parseTargets } from './resources.ts';

export const PORT_FORWARD_FLAGS: readonly FlagSpec[] = [
  flag('address', 'list'),
  flag('pod-running-timeout', 'duration'),
];

/** What went well, or what kubectl says behind `error: `. */
type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const good = <T>(value: T): Outcome<T> => ({ ok: true, value });
const bad = (problem: string) => ({ ok: false, problem }) as const;

/** Values of all outcomes, or the first problem. */
function all<T>(outcomes: readonly Outcome<T>[]): Outcome<T[]> {
  const values: T[] = [];
  for (const outcome of outcomes) {
    if (!outcome.ok) return outcome;
    values.push(outcome.value);
  }
  return good(values);
}

const SELECTING = new Set(
  'Service Deployment ReplicaSet ReplicationController StatefulSet DaemonSet Job'.split(' '),
);

interface Chosen {
  readonly pod: Pod;
  readonly service?: Service;
}

/** The pod that a word means, and the Service that it came from. Undefined after it printed why not. */
function choose(call: Call, word: string): Chosen | undefined {
  const targets = parseTargets(call, word.includes('/') ? [word] : ['pods', word]);
  const [found] = (targets ?? []).flatMap((target) => fetchTarget(call, target));
  if (!found) return undefined;
  const { kind, object } = found;
  const type = `*${kind.version}.${kind.kind}`;
  if (kind.kind !== 'Pod' && !SELECTING.has(kind.kind)) {
    fail(call, `cannot attach to ${type}: selector for ${type} not implemented`);
    return undefined;
  }
  const service = kind.kind === 'Service' ? (object as Service) : undefined;
  if (service && Object.keys(service.spec.selector ?? {}).length === 0) {
    const { name } = object.metadata;
    fail(
      call,
      `cannot attach to ${type}: invalid service '${name}': Service is defined without a selector`,
    );
    return undefined;
  }
  const [pod] = podsOf(call, found);
  if (!pod) fail(call, 'timed out waiting for the condition');
  return pod && { pod, ...(service ? { service } : {}) };
}

/** `8080:80`, `80`, `:80`. Behind a second colon nothing is read. */
function split(text: string): { readonly local: string; readonly remote: string } {
  const parts = text.split(':');
  const [local = '', remote = ''] = parts;
  return parts.length === 2 ? { local, remote } : { local, remote: local };
}

const isNumber = (text: string) => /^[-+]?\d+$/.test(text);

function podPort({ metadata, spec }: Pod, name: string): Outcome<number> {
  const port = spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find((each) => (each.name ?? '') === name);
  return port
    ? good(port.containerPort)
    : bad(`Pod '${metadata.name}' does not have a named port '${name}'`);
}

function servicePort({ metadata, spec }: Service, name: string): Outcome<number> {
  const port = spec.ports?.find((each) => (each.name ?? '') === name);
  return port
    ? good(port.port)
    : bad(`Service '${metadata.name}' does not have a named port '${name}'`);
}

/** The pod's port behind a port of a Service (kubectl/pkg/util `LookupContainerPortNumberByServicePort`). */
function targetOf({ metadata, spec }: Service, pod: Pod, number: number): Outcome<number> {
  const port = spec.ports?.find((each) => each.port === number);
  if (!port) return bad(`Service ${metadata.name} does not have a service port ${number}`);
  if (spec.clusterIP === 'None') return good(number);
  const { targetPort = number } = port;
  return typeof targetPort === 'number' ? good(targetPort || number) : podPort(pod, targetPort);
}

/** A port that is UDP alone cannot be forwarded. */
function udpProblem(text: string, number: number, { pod, service }: Chosen): string | undefined {
  const ports = service
    ? (service.spec.ports ?? []).map(({ port, protocol }) => ({ port, protocol }))
    : pod.spec.containers.flatMap(({ ports: list = [] }) =>
        list.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
      );
  const here = ports.filter(({ port }) => port === number).map(({ protocol }) => protocol);
  return here.includes('UDP') && !here.includes('TCP')
    ? `UDP protocol is not supported for ${text}`
    : undefined;
}

/** A port as it was typed, with its names looked up: first of all that none of them is UDP alone. */
function lookUp(texts: readonly string[], chosen: Chosen): Outcome<string[]> {
  const { pod, service } = chosen;
  const numberOf = (text: string): Outcome<number> => {
    if (isNumber(text)) return good(Number(text));
    return service ? servicePort(service, text) : podPort(pod, text);
  };
  const words = texts.map(split);
  const checked = all(
    words.map(({ remote }): Outcome<number> => {
      const number = numberOf(remote);
      const problem = number.ok ? udpProblem(remote, number.value, chosen) : undefined;
      return problem === undefined ? number : bad(problem);
    }),
  );
  if (!checked.ok) return checked;
  return all(
    words.map(({ local, remote }, i): Outcome<string> => {
      const number = checked.value[i] ?? 0;
      if (!service) {
        const shown = isNumber(remote) ? remote : String(number);
        return good(`${local === remote ? shown : local}:${shown}`);
      }
      const target = targetOf(service, pod, number);
      if (!target.ok) return target;
      return good(`${local === remote ? number : local}:${target.value}`);
    }),
  );
}

/** strconv.ParseUint with 16 bits. */
function parsePort(text: string, which: 'local' | 'remote'): Outcome<number> {
  const problem = !/^\d+$/.test(text)
    ? 'invalid syntax'
    : Number(text) > 65_535
      ? 'value out of range'
      : undefined;
  return problem === undefined
    ? good(Number(text))
    : bad(
        `error parsing ${which} port '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`,
      );
}

function parsePair(text: string): Outcome<ForwardedPort> {
  const { local, remote } = split(text);
  const from = parsePort(local === '' ? '0' : local, 'local');
  if (!from.ok) return from;
  const to = parsePort(remote, 'remote');
  if (!to.ok) return to;
  return to.value === 0
    ? bad('remote port must be > 0')
    : good({ local: from.value, remote: to.value });
}

/** `--address`: localhost is both of its addresses, of which one suffices; sorted as kubectl sorts them. */
function parseAddresses(words: readonly string[]): Outcome<ListenAddress[]> {
  const fails = new Map<string, ListenAddress['fails']>();
  for (const word of words) {
    if (word === 'localhost') {
      for (const each of ['127.0.0.1', '::1']) fails.set(each, fails.get(each) ?? 'all');
    } else if (ipVersion(word) === undefined) return bad(`${word} is not a valid IP`);
    else fails.set(word, 'any');
  }
  const sorted = [...fails].sort(([a], [b]) => (a < b ? -1 : 1));
  return good(sorted.map(([address, each]) => ({ address, fails: each })));
}

/** Everything that kubectl looks at before it listens. */
function requestOf(call: Call, chosen: Chosen): Outcome<ForwardRequest> {
  const { pod } = chosen;
  const { metadata, spec } = pod;
  const looked = lookUp(call.flags.words.slice(1), chosen);
  if (!looked.ok) return looked;
  const phase = pod.status?.phase ?? '';
  if (phase !== 'Running') {
    return bad(`unable to forward port because pod is not running. Current status=${phase}`);
  }
  const asked = valuesOf(call, 'address');
  const addresses = parseAddresses(asked.length === 0 ? ['localhost'] : asked);
  if (!addresses.ok) return addresses;
  const ports = all(looked.value.map(parsePair));
  if (!ports.ok) return ports;
  const path = urlOf(requireKind('Pod'), metadata.namespace, metadata.name, 'portforward');
  const answer = ask(call, { method: 'POST', path });
  if (!answer.ok) return bad(`error upgrading connection: ${answer.status.message ?? ''}`);
  const { uid = '' } = metadata;
  const hostNetwork = spec.hostNetwork === true;
  return good({
    pod: metadata.name,
    uid,
    netns: hostNetwork ? (spec.nodeName ?? '') : podNetworkNamespace(uid),
    hostNetwork,
    addresses: addresses.value,
    ports: ports.value,
  });
}

/** `kubectl port-forward`: goes on until Ctrl-C, or as a job. */
export function portForward(call: Call): CommandResult | undefined {
  const [word = '', ...ports] = call.flags.words;
  if (ports.length === 0) {
    failUsage(call, 'TYPE/NAME and list of ports are required for port-forward');
    return undefined;
  }
  if ((parseDuration(valueOf(call, 'pod-running-timeout') ?? '1m') ?? 0) <= 0) {
    failUsage(call, '--pod-running-timeout must be higher than zero');
    return undefined;
  }
  const chosen = choose(call, word);
  if (!chosen) return undefined;
  const request = requestOf(call, chosen);
  if (!request.ok) {
    fail(call, request.problem);
    return undefined;
  }
  const { network, environment } = call.context.cluster;
  const pid = startProcess(network, environment, {
    program: LOCAL_END,
    args: [JSON.stringify(request.value)],
    namespace: WORKSTATION,
    hostname: WORKSTATION,
    files: {},
    environment: {},
  });
  return { type: 'process', pid };
}
