import type {
  Container,
  HttpGetAction,
  LifecycleHandler,
  Probe,
} from '../../api/core/container.ts';
import { MILLISECOND, MINUTE, SECOND } from '../../base/clock.ts';
import { startProcess } from '../../linux/process.ts';
import type { PodWork } from './pod-runtime.ts';
import { probeArguments, PROBE_PROGRAM, type ProbeRequest } from './probe-program.ts';
import { podAddresses } from './start-process.ts';

export const timeoutOf = ({ timeoutSeconds }: Probe) => (timeoutSeconds ?? 1) * SECOND;

/** A container port by number or name (pkg/probe/util.go `ResolveContainerPort`). */
function resolvePort(spec: Container, port: number | string): number | undefined {
  const named = spec.ports?.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  return number > 0 && number < 65_536 ? number : undefined;
}

type RequestDraft = Omit<ProbeRequest, 'to' | 'timeout'> & {
  readonly port: number | undefined;
  readonly host: string | undefined;
};

function httpDraft(
  spec: Container,
  type: 'http' | 'hook',
  { path = '/', port, host, scheme, httpHeaders = [] }: HttpGetAction,
): RequestDraft {
  return {
    type,
    port: resolvePort(spec, port),
    host,
    path: path.startsWith('/') ? path : `/${path}`,
    scheme: scheme === 'HTTPS' ? 'https' : 'http',
    headers: httpHeaders.map(({ name, value }) => [name, value] as const),
  };
}

const draft = (type: 'tcp' | 'grpc', port: number | undefined, path: string): RequestDraft => ({
  type,
  port,
  path,
  host: undefined,
  scheme: 'http',
  headers: [],
});

function probeDraft(spec: Container, probe: Probe): RequestDraft | undefined {
  const { httpGet, tcpSocket, grpc } = probe;
  if (httpGet) return httpDraft(spec, 'http', httpGet);
  if (grpc) return draft('grpc', grpc.port, grpc.service ?? '');
  if (!tcpSocket) return undefined;
  return { ...draft('tcp', resolvePort(spec, tcpSocket.port), '/'), host: tcpSocket.host };
}

function addressed(
  found: RequestDraft | undefined,
  timeout: number,
  { runtime }: PodWork,
): ProbeRequest | undefined {
  if (found?.port === undefined) return undefined;
  const { port, host = podAddresses(runtime)[0] ?? '', ...rest } = found;
  return { ...rest, to: { address: host, port }, timeout: timeout / MILLISECOND };
}

/** What a probe over the network asks; undefined when there is nothing that could be asked. */
export const networkProbe = (spec: Container, probe: Probe, work: PodWork) =>
  addressed(probeDraft(spec, probe), timeoutOf(probe), work);

/** What an httpGet hook asks. The kubelet's client has no time-out of its own: the grace period ends it, or the network. */
export const httpHook = (spec: Container, { httpGet }: LifecycleHandler, work: PodWork) =>
  httpGet && addressed(httpDraft(spec, 'hook', httpGet), 10 * MINUTE, work);

/** Starts a request from the node, for a probe or a hook of a container. */
export function startNetworkProbe(
  spec: Container,
  request: ProbeRequest | undefined,
  what: 'probe' | 'postStart' | 'preStop',
  { context, runtime, memory }: PodWork,
): number | undefined {
  if (!request) return undefined;
  const { namespace, name, uid } = runtime;
  const pid = startProcess(context.network, context.environment, {
    program: PROBE_PROGRAM.name,
    args: probeArguments(request),
    namespace: context.node,
    hostname: context.node,
    files: {},
    environment: {},
    because: { kind: 'Pod', namespace, name, detail: `${spec.name} (${what})` },
  });
  memory.owners[pid] = uid;
  return pid;
}
