import type { Pod } from '../api/core/pod.ts';
import { dnsSubdomainProblems } from '../api/meta/names.ts';
import type { ResourcePath } from './request-path.ts';
import { firstOf } from './rest-read.ts';
import { statusResponse, textResponse } from './rest-response.ts';
import type { ApiServer, LogFollower, LogQuery, RestResponse } from './rest-types.ts';
import { badRequest, notFound } from './status.ts';

type Query = ReadonlyMap<string, readonly string[]>;

const namesOf = (pod: Pod) => [
  ...pod.spec.containers.map(({ name }) => name),
  ...(pod.spec.initContainers ?? []).map(({ name }) => name),
];

/** The container a log is asked of, or why it cannot be told (registry/core/pod `LogLocation`). */
export function chooseContainer(
  pod: Pod,
  asked: string,
): { readonly container: string } | { readonly problem: string } {
  const { name } = pod.metadata;
  if (asked !== '') {
    return namesOf(pod).includes(asked)
      ? { container: asked }
      : { problem: `container ${asked} is not valid for pod ${name}` };
  }
  const [only, ...others] = pod.spec.containers;
  if (only && others.length === 0 && !pod.spec.initContainers?.length) {
    return { container: only.name };
  }
  const regular = pod.spec.containers.map((container) => container.name).join(' ');
  const init = (pod.spec.initContainers ?? []).map((container) => container.name).join(' ');
  return {
    problem: `a container name must be specified for pod ${name}, choose one of: [${regular}]${init === '' ? '' : ` or one of the init containers: [${init}]`}`,
  };
}

/** The kubelet has nothing to read yet: its words. */
function notStarted(pod: Pod, container: string): string {
  const status = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ].find(({ name }) => name === container);
  const reason = status?.state?.waiting?.reason;
  const { name } = pod.metadata;
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff' || reason === 'InvalidImageName') {
    return `container "${container}" in pod "${name}" is waiting to start: trying and failing to pull image`;
  }
  if (reason !== undefined) {
    return `container "${container}" in pod "${name}" is waiting to start: ${reason}`;
  }
  return `container "${container}" in pod "${name}" is not available`;
}

const lastLines = (text: string, count: number | undefined) => {
  if (count === undefined) return text;
  const lines = text.split('\n');
  const end = lines.at(-1) === '' ? lines.pop() : undefined;
  const kept = count > 0 ? lines.slice(-count) : [];
  return kept.length === 0 ? '' : kept.join('\n') + (end === undefined ? '' : '\n');
};

function queryOf(query: Query): LogQuery {
  const tail = firstOf(query, 'tailLines');
  const since = firstOf(query, 'sinceSeconds');
  return {
    previous: firstOf(query, 'previous') === 'true',
    timestamps: firstOf(query, 'timestamps') === 'true',
    ...(tail === undefined ? {} : { tailLines: Number(tail) }),
    ...(since === undefined ? {} : { sinceSeconds: Number(since) }),
  };
}

/** GET of `/log`: a container's output, or a follower of it. */
export function readPodLog(path: ResourcePath, query: Query, server: ApiServer): RestResponse {
  const { kind, namespace = '', name = '' } = path;
  const pod = server.store.get<Pod>('Pod', namespace, name);
  if (!pod || dnsSubdomainProblems(name).length > 0) return statusResponse(notFound(kind, name));
  const chosen = chooseContainer(pod, firstOf(query, 'container') ?? '');
  if ('problem' in chosen) return statusResponse(badRequest(chosen.problem));
  const asked = queryOf(query);
  const text = server.readLog?.(namespace, name, chosen.container, asked);
  if (text === undefined) {
    return statusResponse(
      badRequest(
        asked.previous
          ? `previous terminated container "${chosen.container}" in pod "${name}" not found`
          : notStarted(pod, chosen.container),
      ),
    );
  }
  const shown = lastLines(text, asked.tailLines);
  if (firstOf(query, 'follow') !== 'true') return textResponse(200, shown);
  return {
    type: 'log',
    status: 200,
    follower: {
      namespace,
      pod: name,
      container: chosen.container,
      query: asked,
      offset: text.length - shown.length,
    },
  };
}

/** What a container printed since the last poll. Ends when its pod is gone or has ended. Changes `follower`. */
export function pollLog(
  follower: LogFollower,
  server: ApiServer,
): { readonly text: string; readonly isClosed: boolean } {
  const { namespace, pod: name, container, query } = follower;
  const text = server.readLog?.(namespace, name, container, query) ?? '';
  // A restarted container has a new, shorter log.
  const start = text.length < follower.offset ? 0 : follower.offset;
  follower.offset = text.length;
  const pod = server.store.get<Pod>('Pod', namespace, name);
  const status = pod?.status?.containerStatuses?.find((candidate) => candidate.name === container);
  return { text: text.slice(start), isClosed: !pod || status?.state?.terminated !== undefined };
}
